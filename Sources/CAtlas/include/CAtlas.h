#ifndef WEIGHTBRIDGE_CATLAS_H
#define WEIGHTBRIDGE_CATLAS_H

#include <stddef.h>

/// The atlas as it lies in the program: a zip archive that Sources/Atlas/README.md describes.
const unsigned char *_Nonnull weightbridge_atlas(void);

/// Its length in bytes.
size_t weightbridge_atlas_size(void);

#endif
