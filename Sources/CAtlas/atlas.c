#include "CAtlas.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char atlas[] = {
#embed "atlas.zip"
};

const unsigned char *weightbridge_atlas(void) { return atlas; }

size_t weightbridge_atlas_size(void) { return sizeof atlas; }
