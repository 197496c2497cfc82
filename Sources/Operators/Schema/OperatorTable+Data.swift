// Made by tools/operator_schemas.py from the schemas of onnx 1.23.2; not edited by hand.
// swift-format-ignore-file

extension OperatorTable {
    /// The newest version of ONNX's own operator set that the table knows.
    public static let newestOpset: Int64 = 28

    /// The schemas as text; the form is described in tools/operator_schemas.py.
    static let data = #"""
#0 (double) (float) (float16)
#1 (double) (float) (float16) (int16) (int32) (int64) (int8) (uint16) (uint32) (uint64) (uint8)
#2 (bfloat16) (double) (float) (float16) (int16) (int32) (int64) (int8) (uint16) (uint32) (uint64) (uint8)
#3 (bfloat16) (double) (float) (float16)
#4 (double) (float) (float16) (int32) (int64) (uint32) (uint64)
#5 (bfloat16) (double) (float) (float16) (int32) (int64) (uint32) (uint64)
#6 (int64)
#7 (bool)
#8 (bfloat16) (bool) (double) (float) (float16) (int16) (int32) (int64) (int8) (uint16) (uint32) (uint64) (uint8)
#9 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int2) (int32) (int4) (int64) (int8) (uint16) (uint2) (uint32) (uint4) (uint64) (uint8)
#10 (uint16) (uint32) (uint64) (uint8)
#11 (int16) (int32) (int64) (int8) (uint16) (uint32) (uint64) (uint8)
#12 (int32) (int64)
#13 (bool) (double) (float) (float16) (int16) (int32) (int64) (int8) (uint16) (uint32) (uint64) (uint8)
#14 (bool) (double) (float) (float16) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8)
#15 (bfloat16) (bool) (double) (float) (float16) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8)
#16 (bfloat16) (bool) (double) (float) (float16) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8)
#17 (bfloat16) (bool) (double) (float) (float16) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int4) (int64) (int8) (string) (uint16) (uint32) (uint4) (uint64) (uint8)
#18 (bfloat16) (bool) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int4) (int64) (int8) (string) (uint16) (uint32) (uint4) (uint64) (uint8)
#19 (bfloat16) (bool) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int32) (int4) (int64) (int8) (string) (uint16) (uint32) (uint4) (uint64) (uint8)
#20 (bfloat16) (bool) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int2) (int32) (int4) (int64) (int8) (string) (uint16) (uint2) (uint32) (uint4) (uint64) (uint8)
#21 (bfloat16) (bool) (double) (float) (float16) (float4e2m1) (float6e2m3) (float6e3m2) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int2) (int32) (int4) (int64) (int8) (string) (uint16) (uint2) (uint32) (uint4) (uint64) (uint8)
#22 (bfloat16) (float) (float16)
#23 (float)
#24 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8)
#25 (bool) (complex128) (complex64) (double) (float) (float16) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8)
#26 seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#27 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8)
#28 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int4) (int64) (int8) (string) (uint16) (uint32) (uint4) (uint64) (uint8)
#29 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int4) (int64) (int8) (string) (uint16) (uint32) (uint4) (uint64) (uint8)
#30 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int32) (int4) (int64) (int8) (string) (uint16) (uint32) (uint4) (uint64) (uint8)
#31 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int2) (int32) (int4) (int64) (int8) (string) (uint16) (uint2) (uint32) (uint4) (uint64) (uint8)
#32 (bfloat16) (bool) (double) (float) (float16) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int64) (int8) (uint16) (uint32) (uint64) (uint8)
#33 (bfloat16) (bool) (double) (float) (float16) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int4) (int64) (int8) (uint16) (uint32) (uint4) (uint64) (uint8)
#34 (bfloat16) (bool) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int4) (int64) (int8) (uint16) (uint32) (uint4) (uint64) (uint8)
#35 (bfloat16) (bool) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int32) (int4) (int64) (int8) (uint16) (uint32) (uint4) (uint64) (uint8)
#36 (bfloat16) (bool) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int2) (int32) (int4) (int64) (int8) (uint16) (uint2) (uint32) (uint4) (uint64) (uint8)
#37 (int8) (uint8)
#38 (int32)
#39 (double) (float) (int32) (int64) (uint32) (uint64)
#40 (int32) (int8) (uint8)
#41 (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int32) (int8) (uint8)
#42 (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int4) (int8) (uint16) (uint4) (uint8)
#43 (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int4) (int8) (uint16) (uint4) (uint8)
#44 (bfloat16) (float) (float16) (float8e8m0)
#45 (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int2) (int32) (int4) (int8) (uint16) (uint2) (uint4) (uint8)
#46 (float4e2m1) (float6e2m3) (float6e3m2) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int2) (int32) (int4) (int8) (uint16) (uint2) (uint4) (uint8)
#47 (bfloat16) (double) (float) (float16) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz)
#48 (uint8)
#49 (bool) (int32) (int64)
#50 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#51 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((int16)) optional((int32)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint64)) optional((uint8)) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#52 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((int16)) optional((int32)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint64)) optional((uint8)) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#53 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int4) (int64) (int8) (string) (uint16) (uint32) (uint4) (uint64) (uint8) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((int16)) optional((int32)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint64)) optional((uint8)) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#54 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int4) (int64) (int8) (string) (uint16) (uint32) (uint4) (uint64) (uint8) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((int16)) optional((int32)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint64)) optional((uint8)) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#55 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int32) (int4) (int64) (int8) (string) (uint16) (uint32) (uint4) (uint64) (uint8) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((int16)) optional((int32)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint64)) optional((uint8)) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#56 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int2) (int32) (int4) (int64) (int8) (string) (uint16) (uint2) (uint32) (uint4) (uint64) (uint8) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((int16)) optional((int32)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint64)) optional((uint8)) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#57 (bool) (complex128) (complex64) (double) (float) (float16) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#58 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8) optional((bfloat16)) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((int16)) optional((int32)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint64)) optional((uint8)) optional(seq((bfloat16))) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bfloat16)) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#59 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8) optional((bfloat16)) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((float8e4m3fn)) optional((float8e4m3fnuz)) optional((float8e5m2)) optional((float8e5m2fnuz)) optional((int16)) optional((int32)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint64)) optional((uint8)) optional(seq((bfloat16))) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bfloat16)) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((float8e4m3fn)) seq((float8e4m3fnuz)) seq((float8e5m2)) seq((float8e5m2fnuz)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#60 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int4) (int64) (int8) (string) (uint16) (uint32) (uint4) (uint64) (uint8) optional((bfloat16)) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((float8e4m3fn)) optional((float8e4m3fnuz)) optional((float8e5m2)) optional((float8e5m2fnuz)) optional((int16)) optional((int32)) optional((int4)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint4)) optional((uint64)) optional((uint8)) optional(seq((bfloat16))) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bfloat16)) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((float8e4m3fn)) seq((float8e4m3fnuz)) seq((float8e5m2)) seq((float8e5m2fnuz)) seq((int16)) seq((int32)) seq((int4)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint4)) seq((uint64)) seq((uint8))
#61 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int32) (int4) (int64) (int8) (string) (uint16) (uint32) (uint4) (uint64) (uint8) optional((bfloat16)) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((float4e2m1)) optional((float8e4m3fn)) optional((float8e4m3fnuz)) optional((float8e5m2)) optional((float8e5m2fnuz)) optional((int16)) optional((int32)) optional((int4)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint4)) optional((uint64)) optional((uint8)) optional(seq((bfloat16))) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bfloat16)) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((float4e2m1)) seq((float8e4m3fn)) seq((float8e4m3fnuz)) seq((float8e5m2)) seq((float8e5m2fnuz)) seq((int16)) seq((int32)) seq((int4)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint4)) seq((uint64)) seq((uint8))
#62 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int32) (int4) (int64) (int8) (string) (uint16) (uint32) (uint4) (uint64) (uint8) optional((bfloat16)) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((float4e2m1)) optional((float8e4m3fn)) optional((float8e4m3fnuz)) optional((float8e5m2)) optional((float8e5m2fnuz)) optional((float8e8m0)) optional((int16)) optional((int32)) optional((int4)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint4)) optional((uint64)) optional((uint8)) optional(seq((bfloat16))) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bfloat16)) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((float4e2m1)) seq((float8e4m3fn)) seq((float8e4m3fnuz)) seq((float8e5m2)) seq((float8e5m2fnuz)) seq((float8e8m0)) seq((int16)) seq((int32)) seq((int4)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint4)) seq((uint64)) seq((uint8))
#63 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int2) (int32) (int4) (int64) (int8) (string) (uint16) (uint2) (uint32) (uint4) (uint64) (uint8) optional((bfloat16)) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((float4e2m1)) optional((float8e4m3fn)) optional((float8e4m3fnuz)) optional((float8e5m2)) optional((float8e5m2fnuz)) optional((float8e8m0)) optional((int16)) optional((int2)) optional((int32)) optional((int4)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint2)) optional((uint32)) optional((uint4)) optional((uint64)) optional((uint8)) optional(seq((bfloat16))) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bfloat16)) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((float4e2m1)) seq((float8e4m3fn)) seq((float8e4m3fnuz)) seq((float8e5m2)) seq((float8e5m2fnuz)) seq((float8e8m0)) seq((int16)) seq((int2)) seq((int32)) seq((int4)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint2)) seq((uint32)) seq((uint4)) seq((uint64)) seq((uint8))
#64 (double) (float)
#65 (bfloat16) (float)
#66 (double) (float) (float16) (int8) (uint8)
#67 (bfloat16) (double) (float) (float16) (int8) (uint8)
#68 (double) (float) (float16) (int16) (int32) (int64) (int8)
#69 (bfloat16) (double) (float) (float16) (int16) (int32) (int64) (int8)
#70 optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((int16)) optional((int32)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint64)) optional((uint8)) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8)))
#71 optional((bfloat16)) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((float4e2m1)) optional((float6e2m3)) optional((float6e3m2)) optional((float8e4m3fn)) optional((float8e4m3fnuz)) optional((float8e5m2)) optional((float8e5m2fnuz)) optional((float8e8m0)) optional((int16)) optional((int2)) optional((int32)) optional((int4)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint2)) optional((uint32)) optional((uint4)) optional((uint64)) optional((uint8)) optional(seq((bfloat16))) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((float4e2m1))) optional(seq((float6e2m3))) optional(seq((float6e3m2))) optional(seq((float8e4m3fn))) optional(seq((float8e4m3fnuz))) optional(seq((float8e5m2))) optional(seq((float8e5m2fnuz))) optional(seq((float8e8m0))) optional(seq((int16))) optional(seq((int2))) optional(seq((int32))) optional(seq((int4))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint2))) optional(seq((uint32))) optional(seq((uint4))) optional(seq((uint64))) optional(seq((uint8)))
#72 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float4e2m1) (float6e2m3) (float6e3m2) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int2) (int32) (int4) (int64) (int8) (string) (uint16) (uint2) (uint32) (uint4) (uint64) (uint8) seq((bfloat16)) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((float4e2m1)) seq((float6e2m3)) seq((float6e3m2)) seq((float8e4m3fn)) seq((float8e4m3fnuz)) seq((float8e5m2)) seq((float8e5m2fnuz)) seq((float8e8m0)) seq((int16)) seq((int2)) seq((int32)) seq((int4)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint2)) seq((uint32)) seq((uint4)) seq((uint64)) seq((uint8))
#73 (bool) (complex128) (complex64) (double) (float) (float16) (int16) (int32) (int64) (int8) (string) (uint16) (uint32) (uint64) (uint8) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((int16)) optional((int32)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint32)) optional((uint64)) optional((uint8)) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((int16))) optional(seq((int32))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint32))) optional(seq((uint64))) optional(seq((uint8))) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#74 (bfloat16) (bool) (complex128) (complex64) (double) (float) (float16) (float4e2m1) (float6e2m3) (float6e3m2) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (float8e8m0) (int16) (int2) (int32) (int4) (int64) (int8) (string) (uint16) (uint2) (uint32) (uint4) (uint64) (uint8) optional((bfloat16)) optional((bool)) optional((complex128)) optional((complex64)) optional((double)) optional((float)) optional((float16)) optional((float4e2m1)) optional((float6e2m3)) optional((float6e3m2)) optional((float8e4m3fn)) optional((float8e4m3fnuz)) optional((float8e5m2)) optional((float8e5m2fnuz)) optional((float8e8m0)) optional((int16)) optional((int2)) optional((int32)) optional((int4)) optional((int64)) optional((int8)) optional((string)) optional((uint16)) optional((uint2)) optional((uint32)) optional((uint4)) optional((uint64)) optional((uint8)) optional(seq((bfloat16))) optional(seq((bool))) optional(seq((complex128))) optional(seq((complex64))) optional(seq((double))) optional(seq((float))) optional(seq((float16))) optional(seq((float4e2m1))) optional(seq((float6e2m3))) optional(seq((float6e3m2))) optional(seq((float8e4m3fn))) optional(seq((float8e4m3fnuz))) optional(seq((float8e5m2))) optional(seq((float8e5m2fnuz))) optional(seq((float8e8m0))) optional(seq((int16))) optional(seq((int2))) optional(seq((int32))) optional(seq((int4))) optional(seq((int64))) optional(seq((int8))) optional(seq((string))) optional(seq((uint16))) optional(seq((uint2))) optional(seq((uint32))) optional(seq((uint4))) optional(seq((uint64))) optional(seq((uint8))) seq((bfloat16)) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((float4e2m1)) seq((float6e2m3)) seq((float6e3m2)) seq((float8e4m3fn)) seq((float8e4m3fnuz)) seq((float8e5m2)) seq((float8e5m2fnuz)) seq((float8e8m0)) seq((int16)) seq((int2)) seq((int32)) seq((int4)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint2)) seq((uint32)) seq((uint4)) seq((uint64)) seq((uint8))
#75 (double) (float) (float16) (int32) (int64)
#76 (bfloat16) (double) (float) (float16) (int32) (int64)
#77 (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int8) (uint8)
#78 (float) (int32)
#79 (bfloat16) (float) (float16) (int32)
#80 (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int4) (int8) (uint16) (uint4) (uint8)
#81 (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int4) (int8) (uint16) (uint4) (uint8)
#82 (bfloat16) (float) (float16) (float8e8m0) (int32)
#83 (float4e2m1) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int2) (int4) (int8) (uint16) (uint2) (uint4) (uint8)
#84 (float4e2m1) (float6e2m3) (float6e3m2) (float8e4m3fn) (float8e4m3fnuz) (float8e5m2) (float8e5m2fnuz) (int16) (int2) (int4) (int8) (uint16) (uint2) (uint4) (uint8)
#85 (double) (float) (int16) (int32) (int64)
#86 (bfloat16) (double) (float) (float16) (int16) (int32) (int64)
#87 (double) (float) (float16) (int32) (int64) (int8) (uint32) (uint64) (uint8)
#88 (bfloat16) (double) (float) (float16) (int32) (int64) (int8) (uint32) (uint64) (uint8)
#89 (bfloat16) (bool) (double) (float) (float16) (int32) (int64) (int8) (uint32) (uint64) (uint8)
#90 (string)
#91 seq((bfloat16)) seq((bool)) seq((complex128)) seq((complex64)) seq((double)) seq((float)) seq((float16)) seq((int16)) seq((int32)) seq((int64)) seq((int8)) seq((string)) seq((uint16)) seq((uint32)) seq((uint64)) seq((uint8))
#92 (int32) (int64) (string)
#93 (bool) (double) (float) (float16) (int32) (int64)
#94 (double) (float) (int32) (int64) (string)
#95 (double) (float) (int32) (int64)
#96 map(int64,float) map(int64,string)
#97 (float) (int64) (string)
#98 (int64) (string)
#99 map(int64,double) map(int64,float) map(int64,string) map(string,double) map(string,float) map(string,int64)
#100 (double) (float) (int64) (string)
#101 (double) (float) (int16) (int32) (int64) (string)
#102 seq(map(int64,float)) seq(map(string,float))
|Abs|1||X:T|Y:T|consumed_inputs:ints|T=0
|Abs|6||X:T|Y:T||T=1
|Abs|13||X:T|Y:T||T=2
|Acos|7||input:T|output:T||T=0
|Acos|22||input:T|output:T||T=3
|Acosh|9||input:T|output:T||T=0
|Acosh|22||input:T|output:T||T=3
|Add|1||A:T B:T|C:T|axis:int broadcast:int=0 consumed_inputs:ints|T=0
|Add|6||A:T B:T|C:T|axis:int broadcast:int=0|T=4
|Add|7||A:T B:T|C:T||T=4
|Add|13||A:T B:T|C:T||T=5
|Add|14||A:T B:T|C:T||T=2
|AffineGrid|20||theta:T1 size:T2|grid:T1|align_corners:int=0|T1=3 T2=6
|And|1||A:T B:T|C:T1|axis:int broadcast:int=0|T=7 T1=7
|And|7||A:T B:T|C:T1||T=7 T1=7
|ArgMax|1||data:T|reduced:(int64)|axis:int=0 keepdims:int=1|T=1
|ArgMax|11||data:T|reduced:(int64)|axis:int=0 keepdims:int=1|T=1
|ArgMax|12||data:T|reduced:(int64)|axis:int=0 keepdims:int=1 select_last_index:int=0|T=1
|ArgMax|13||data:T|reduced:(int64)|axis:int=0 keepdims:int=1 select_last_index:int=0|T=2
|ArgMin|1||data:T|reduced:(int64)|axis:int=0 keepdims:int=1|T=1
|ArgMin|11||data:T|reduced:(int64)|axis:int=0 keepdims:int=1|T=1
|ArgMin|12||data:T|reduced:(int64)|axis:int=0 keepdims:int=1 select_last_index:int=0|T=1
|ArgMin|13||data:T|reduced:(int64)|axis:int=0 keepdims:int=1 select_last_index:int=0|T=2
|Asin|7||input:T|output:T||T=0
|Asin|22||input:T|output:T||T=3
|Asinh|9||input:T|output:T||T=0
|Asinh|22||input:T|output:T||T=3
|Atan|7||input:T|output:T||T=0
|Atan|22||input:T|output:T||T=3
|Atanh|9||input:T|output:T||T=0
|Atanh|22||input:T|output:T||T=3
|Attention|23||Q:T1 K:T1 V:T2 attn_mask:U? past_key:T1? past_value:T2?|Y:T1 present_key:T1? present_value:T2? qk_matmul_output:T1?|is_causal:int=0 kv_num_heads:int q_num_heads:int qk_matmul_output_mode:int=0 scale:float softcap:float=0.0 softmax_precision:int|T1=3 T2=3 U=8
|Attention|24||Q:T1 K:T1 V:T2 attn_mask:U? past_key:T1? past_value:T2? nonpad_kv_seqlen:(int64)?|Y:T1 present_key:T1? present_value:T2? qk_matmul_output:T1?|is_causal:int=0 kv_num_heads:int q_num_heads:int qk_matmul_output_mode:int=0 scale:float softcap:float=0.0 softmax_precision:int|T1=3 T2=3 U=8
|Attention|25||Q:T1 K:T1 V:T2 attn_mask:U? past_key:T1? past_value:T2? nonpad_kv_seqlen:(int64)?|Y:T1 present_key:T1? present_value:T2? qk_matmul_output:T1?|is_causal:int=0 kv_num_heads:int left_window_size:int=-1 q_num_heads:int qk_matmul_output_mode:int=0 right_window_size:int=-1 scale:float softcap:float=0.0 softmax_precision:int|T1=3 T2=3 U=8
|AveragePool|1||X:T|Y:T|auto_pad:string="NOTSET" kernel_shape:ints! pads:ints strides:ints|T=0
|AveragePool|7||X:T|Y:T|auto_pad:string="NOTSET" count_include_pad:int=0 kernel_shape:ints! pads:ints strides:ints|T=0
|AveragePool|10||X:T|Y:T|auto_pad:string="NOTSET" ceil_mode:int=0 count_include_pad:int=0 kernel_shape:ints! pads:ints strides:ints|T=0
|AveragePool|11||X:T|Y:T|auto_pad:string="NOTSET" ceil_mode:int=0 count_include_pad:int=0 kernel_shape:ints! pads:ints strides:ints|T=0
|AveragePool|19||X:T|Y:T|auto_pad:string="NOTSET" ceil_mode:int=0 count_include_pad:int=0 dilations:ints kernel_shape:ints! pads:ints strides:ints|T=0
|AveragePool|22||X:T|Y:T|auto_pad:string="NOTSET" ceil_mode:int=0 count_include_pad:int=0 dilations:ints kernel_shape:ints! pads:ints strides:ints|T=3
|BatchNormalization|1||X:T scale:T B:T mean:T var:T|Y:T mean:T? var:T? saved_mean:T? saved_var:T?|consumed_inputs:ints! epsilon:float=9.999999747378752e-06 is_test:int=0 momentum:float=0.8999999761581421 spatial:int=1|T=0
|BatchNormalization|6||X:T scale:T B:T mean:T var:T|Y:T mean:T? var:T? saved_mean:T? saved_var:T?|epsilon:float=9.999999747378752e-06 is_test:int=0 momentum:float=0.8999999761581421 spatial:int=1|T=0
|BatchNormalization|7||X:T scale:T B:T mean:T var:T|Y:T mean:T? var:T? saved_mean:T? saved_var:T?|epsilon:float=9.999999747378752e-06 momentum:float=0.8999999761581421 spatial:int=1|T=0
|BatchNormalization|9||X:T scale:T B:T mean:T var:T|Y:T mean:T? var:T? saved_mean:T? saved_var:T?|epsilon:float=9.999999747378752e-06 momentum:float=0.8999999761581421|T=0
|BatchNormalization|14||X:T scale:T B:T input_mean:U input_var:U|Y:T running_mean:U? running_var:U?|epsilon:float=9.999999747378752e-06 momentum:float=0.8999999761581421 training_mode:int=0|T=3 U=3
|BatchNormalization|15||X:T scale:T1 B:T1 input_mean:T2 input_var:T2|Y:T running_mean:T2? running_var:T2?|epsilon:float=9.999999747378752e-06 momentum:float=0.8999999761581421 training_mode:int=0|T=3 T1=3 T2=3
|Bernoulli|15||input:T1|output:T2|dtype:int seed:float|T1=0 T2=8
|Bernoulli|22||input:T1|output:T2|dtype:int seed:float|T1=3 T2=8
|BitCast|26||input:T1|output:T2|to:int!|T1=9 T2=9
|BitShift|11||X:T Y:T|Z:T|direction:string!|T=10
|BitShift|28||X:T Y:T|Z:T|direction:string!|T=11
|BitwiseAnd|18||A:T B:T|C:T||T=11
|BitwiseNot|18||X:T|Y:T||T=11
|BitwiseOr|18||A:T B:T|C:T||T=11
|BitwiseXor|18||A:T B:T|C:T||T=11
|BlackmanWindow|17||size:T1|output:T2|output_datatype:int=1 periodic:int=1|T1=12 T2=2
|Cast|1||input:T1|output:T2|to:string!|T1=13 T2=13
|Cast|6||input:T1|output:T2|to:int!|T1=13 T2=13
|Cast|9||input:T1|output:T2|to:int!|T1=14 T2=14
|Cast|13||input:T1|output:T2|to:int!|T1=15 T2=15
|Cast|19||input:T1|output:T2|saturate:int=1 to:int!|T1=16 T2=16
|Cast|21||input:T1|output:T2|saturate:int=1 to:int!|T1=17 T2=17
|Cast|23||input:T1|output:T2|saturate:int=1 to:int!|T1=18 T2=18
|Cast|24||input:T1|output:T2|round_mode:string="up" saturate:int=1 to:int!|T1=19 T2=19
|Cast|25||input:T1|output:T2|round_mode:string="up" saturate:int=1 to:int!|T1=20 T2=20
|Cast|28||input:T1|output:T2|round_mode:string="up" saturate:int=1 to:int!|T1=21 T2=21
|CastLike|15||input:T1 target_type:T2|output:T2||T1=15 T2=15
|CastLike|19||input:T1 target_type:T2|output:T2|saturate:int=1|T1=16 T2=16
|CastLike|21||input:T1 target_type:T2|output:T2|saturate:int=1|T1=17 T2=17
|CastLike|23||input:T1 target_type:T2|output:T2|saturate:int=1|T1=18 T2=18
|CastLike|24||input:T1 target_type:T2|output:T2|round_mode:string="up" saturate:int=1|T1=19 T2=19
|CastLike|25||input:T1 target_type:T2|output:T2|round_mode:string="up" saturate:int=1|T1=20 T2=20
|CausalConvWithState|27||input:T weight:T bias:T? past_state:T?|output:T present_state:T|activation:string="none"|T=22
|Ceil|1||X:T|Y:T|consumed_inputs:ints|T=0
|Ceil|6||X:T|Y:T||T=0
|Ceil|13||X:T|Y:T||T=3
|Celu|12||X:T|Y:T|alpha:float=1.0|T=23
|Celu|28||X:T|Y:T|alpha:float=1.0|T=3
|CenterCropPad|18||input_data:T shape:Tind|output_data:T|axes:ints|T=24 Tind=12
|Clip|1||input:T|output:T|consumed_inputs:ints max:float min:float|T=0
|Clip|6||input:T|output:T|max:float=3.4028234663852886e+38 min:float=-3.4028234663852886e+38|T=0
|Clip|11||input:T min:T? max:T?|output:T||T=0
|Clip|12||input:T min:T? max:T?|output:T||T=1
|Clip|13||input:T min:T? max:T?|output:T||T=2
|Col2Im|18||input:T image_shape:(int64) block_shape:(int64)|output:T|dilations:ints pads:ints strides:ints|T=24
|Compress|9||input:T condition:T1|output:T|axis:int|T=25 T1=7
|Compress|11||input:T condition:T1|output:T|axis:int|T=25 T1=7
|Compress|28||input:T condition:T1|output:T|axis:int|T=24 T1=7
|Concat|1||inputs:T*1|concat_result:T|axis:int|T=0
|Concat|4||inputs:T*1|concat_result:T|axis:int!|T=25
|Concat|11||inputs:T*1|concat_result:T|axis:int!|T=25
|Concat|13||inputs:T*1|concat_result:T|axis:int!|T=24
|ConcatFromSequence|11||input_sequence:S|concat_result:T|axis:int! new_axis:int=0|S=26 T=25
|Constant|1|||output:T|value:tensor!|T=0
|Constant|9|||output:T|value:tensor!|T=25
|Constant|11|||output:T|sparse_value:sparse_tensor value:tensor|T=25
|Constant|12|||output:T|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings|T=25
|Constant|13|||output:T|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings|T=24
|Constant|19|||output:T|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings|T=27
|Constant|21|||output:T|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings|T=28
|Constant|23|||output:T|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings|T=29
|Constant|24|||output:T|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings|T=30
|Constant|25|||output:T|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings|T=31
|ConstantOfShape|9||input:T1|output:T2|value:tensor|T1=6 T2=13
|ConstantOfShape|20||input:T1|output:T2|value:tensor|T1=6 T2=32
|ConstantOfShape|21||input:T1|output:T2|value:tensor|T1=6 T2=33
|ConstantOfShape|23||input:T1|output:T2|value:tensor|T1=6 T2=34
|ConstantOfShape|24||input:T1|output:T2|value:tensor|T1=6 T2=35
|ConstantOfShape|25||input:T1|output:T2|value:tensor|T1=6 T2=36
|Conv|1||X:T W:T B:T?|Y:T|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints pads:ints strides:ints|T=0
|Conv|11||X:T W:T B:T?|Y:T|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints pads:ints strides:ints|T=0
|Conv|22||X:T W:T B:T?|Y:T|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints pads:ints strides:ints|T=3
|ConvInteger|10||x:T1 w:T2 x_zero_point:T1? w_zero_point:T2?|y:T3|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints pads:ints strides:ints|T1=37 T2=37 T3=38
|ConvTranspose|1||X:T W:T B:T?|Y:T|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints output_padding:ints output_shape:ints pads:ints strides:ints|T=0
|ConvTranspose|11||X:T W:T B:T?|Y:T|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints output_padding:ints output_shape:ints pads:ints strides:ints|T=0
|ConvTranspose|22||X:T W:T B:T?|Y:T|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints output_padding:ints output_shape:ints pads:ints strides:ints|T=3
|Cos|7||input:T|output:T||T=0
|Cos|22||input:T|output:T||T=3
|Cosh|9||input:T|output:T||T=0
|Cosh|22||input:T|output:T||T=3
|CumProd|26||x:T axis:T2|y:T|exclusive:int=0 reverse:int=0|T=5 T2=12
|CumSum|11||x:T axis:T2|y:T|exclusive:int=0 reverse:int=0|T=39 T2=12
|CumSum|14||x:T axis:T2|y:T|exclusive:int=0 reverse:int=0|T=5 T2=12
|DFT|17||input:T1 dft_length:T2?|output:T1|axis:int=1 inverse:int=0 onesided:int=0|T1=3 T2=12
|DFT|20||input:T1 dft_length:T2? axis:(int64)?|output:T1|inverse:int=0 onesided:int=0|T1=3 T2=12
|DeformConv|19||X:T W:T offset:T B:T? mask:T?|Y:T|dilations:ints group:int=1 kernel_shape:ints offset_group:int=1 pads:ints strides:ints|T=0
|DeformConv|22||X:T W:T offset:T B:T? mask:T?|Y:T|dilations:ints group:int=1 kernel_shape:ints offset_group:int=1 pads:ints strides:ints|T=3
|DepthToSpace|1||input:T|output:T|blocksize:int!|T=25
|DepthToSpace|11||input:T|output:T|blocksize:int! mode:string="DCR"|T=25
|DepthToSpace|13||input:T|output:T|blocksize:int! mode:string="DCR"|T=24
|DepthToSpace|28||input:T|output:T|blocksize:int! mode:string="DCR"|T=24
|DequantizeLinear|10||x:T x_scale:(float) x_zero_point:T?|y:(float)||T=40
|DequantizeLinear|13||x:T x_scale:(float) x_zero_point:T?|y:(float)|axis:int=1|T=40
|DequantizeLinear|19||x:T1 x_scale:T2 x_zero_point:T1?|y:T2|axis:int=1|T1=41 T2=22
|DequantizeLinear|21||x:T1 x_scale:T2 x_zero_point:T1?|y:T2|axis:int=1 block_size:int=0|T1=42 T2=22
|DequantizeLinear|23||x:T1 x_scale:T2 x_zero_point:T1?|y:T3|axis:int=1 block_size:int=0 output_dtype:int=0|T1=43 T2=22 T3=22
|DequantizeLinear|24||x:T1 x_scale:T2 x_zero_point:T1?|y:T3|axis:int=1 block_size:int=0 output_dtype:int=0|T1=43 T2=44 T3=22
|DequantizeLinear|25||x:T1 x_scale:T2 x_zero_point:T1?|y:T3|axis:int=1 block_size:int=0 output_dtype:int=0|T1=45 T2=44 T3=22
|DequantizeLinear|28||x:T1 x_scale:T2 x_zero_point:T1?|y:T3|axis:int=1 block_size:int=0 output_dtype:int=0|T1=46 T2=44 T3=22
|Det|11||X:T|Y:T||T=0
|Det|22||X:T|Y:T||T=3
|Div|1||A:T B:T|C:T|axis:int broadcast:int=0 consumed_inputs:ints|T=0
|Div|6||A:T B:T|C:T|axis:int broadcast:int=0|T=4
|Div|7||A:T B:T|C:T||T=4
|Div|13||A:T B:T|C:T||T=5
|Div|14||A:T B:T|C:T||T=2
|Dropout|1||data:T|output:T mask:T?|consumed_inputs:ints is_test:int=0 ratio:float=0.5|T=0
|Dropout|6||data:T|output:T mask:T?|is_test:int=0 ratio:float=0.5|T=0
|Dropout|7||data:T|output:T mask:T?|ratio:float=0.5|T=0
|Dropout|10||data:T|output:T mask:T1?|ratio:float=0.5|T=0 T1=7
|Dropout|12||data:T ratio:T1? training_mode:T2?|output:T mask:T2?|seed:int|T=0 T1=0 T2=7
|Dropout|13||data:T ratio:T1? training_mode:T2?|output:T mask:T2?|seed:int|T=3 T1=0 T2=7
|Dropout|22||data:T ratio:T1? training_mode:T2?|output:T mask:T2?|seed:int|T=47 T1=47 T2=7
|DynamicQuantizeLinear|11||x:T1|y:T2 y_scale:(float) y_zero_point:T2||T1=23 T2=48
|Einsum|12||Inputs:T*1|Output:T|equation:string!|T=1
|Einsum|28||Inputs:T*1|Output:T|equation:string!|T=2
|Elu|1||X:T|Y:T|alpha:float=1.0 consumed_inputs:ints|T=0
|Elu|6||X:T|Y:T|alpha:float=1.0|T=0
|Elu|22||X:T|Y:T|alpha:float=1.0|T=3
|Equal|1||A:T B:T|C:T1|axis:int broadcast:int=0|T=49 T1=7
|Equal|7||A:T B:T|C:T1||T=49 T1=7
|Equal|11||A:T B:T|C:T1||T=13 T1=7
|Equal|13||A:T B:T|C:T1||T=8 T1=7
|Equal|19||A:T B:T|C:T1||T=15 T1=7
|Erf|9||input:T|output:T||T=1
|Erf|13||input:T|output:T||T=3
|Exp|1||input:T|output:T|consumed_inputs:ints|T=0
|Exp|6||input:T|output:T||T=0
|Exp|13||input:T|output:T||T=3
|Expand|8||input:T shape:(int64)|output:T||T=25
|Expand|13||input:T shape:(int64)|output:T||T=24
|EyeLike|9||input:T1|output:T2|dtype:int k:int=0|T1=13 T2=13
|EyeLike|22||input:T1|output:T2|dtype:int k:int=0|T1=8 T2=8
|Flatten|1||input:T|output:T|axis:int=1|T=0
|Flatten|9||input:T|output:T|axis:int=1|T=25
|Flatten|11||input:T|output:T|axis:int=1|T=25
|Flatten|13||input:T|output:T|axis:int=1|T=24
|Flatten|21||input:T|output:T|axis:int=1|T=28
|Flatten|23||input:T|output:T|axis:int=1|T=29
|Flatten|24||input:T|output:T|axis:int=1|T=30
|Flatten|25||input:T|output:T|axis:int=1|T=31
|Floor|1||X:T|Y:T|consumed_inputs:ints|T=0
|Floor|6||X:T|Y:T||T=0
|Floor|13||X:T|Y:T||T=3
|GRU|1||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T?|Y:T? Y_h:T|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="foward" hidden_size:int output_sequence:int=0|T=0 T1=38
|GRU|3||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T?|Y:T? Y_h:T?|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int linear_before_reset:int=0 output_sequence:int=0|T=0 T1=38
|GRU|7||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T?|Y:T? Y_h:T?|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int linear_before_reset:int=0|T=0 T1=38
|GRU|14||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T?|Y:T? Y_h:T?|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int layout:int=0 linear_before_reset:int=0|T=0 T1=38
|GRU|22||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T?|Y:T? Y_h:T?|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int layout:int=0 linear_before_reset:int=0|T=3 T1=38
|Gather|1||data:T indices:Tind|output:T|axis:int=0|T=25 Tind=12
|Gather|11||data:T indices:Tind|output:T|axis:int=0|T=25 Tind=12
|Gather|13||data:T indices:Tind|output:T|axis:int=0|T=24 Tind=12
|GatherElements|11||data:T indices:Tind|output:T|axis:int=0|T=25 Tind=12
|GatherElements|13||data:T indices:Tind|output:T|axis:int=0|T=24 Tind=12
|GatherND|11||data:T indices:(int64)|output:T||T=25
|GatherND|12||data:T indices:(int64)|output:T|batch_dims:int=0|T=25
|GatherND|13||data:T indices:(int64)|output:T|batch_dims:int=0|T=24
|Gelu|20||X:T|Y:T|approximate:string="none"|T=3
|Gemm|1||A:T B:T C:T|Y:T|alpha:float=1.0 beta:float=1.0 broadcast:int=0 transA:int=0 transB:int=0|T=0
|Gemm|6||A:T B:T C:T|Y:T|alpha:float=1.0 beta:float=1.0 broadcast:int=0 transA:int=0 transB:int=0|T=0
|Gemm|7||A:T B:T C:T|Y:T|alpha:float=1.0 beta:float=1.0 transA:int=0 transB:int=0|T=0
|Gemm|9||A:T B:T C:T|Y:T|alpha:float=1.0 beta:float=1.0 transA:int=0 transB:int=0|T=4
|Gemm|11||A:T B:T C:T?|Y:T|alpha:float=1.0 beta:float=1.0 transA:int=0 transB:int=0|T=4
|Gemm|13||A:T B:T C:T?|Y:T|alpha:float=1.0 beta:float=1.0 transA:int=0 transB:int=0|T=5
|GlobalAveragePool|1||X:T|Y:T||T=0
|GlobalAveragePool|22||X:T|Y:T||T=3
|GlobalLpPool|1||X:T|Y:T|p:float=2.0|T=0
|GlobalLpPool|2||X:T|Y:T|p:int=2|T=0
|GlobalLpPool|22||X:T|Y:T|p:int=2|T=3
|GlobalMaxPool|1||X:T|Y:T||T=0
|GlobalMaxPool|22||X:T|Y:T||T=3
|Greater|1||A:T B:T|C:T1|axis:int broadcast:int=0|T=0 T1=7
|Greater|7||A:T B:T|C:T1||T=0 T1=7
|Greater|9||A:T B:T|C:T1||T=1 T1=7
|Greater|13||A:T B:T|C:T1||T=2 T1=7
|GreaterOrEqual|12||A:T B:T|C:T1||T=1 T1=7
|GreaterOrEqual|16||A:T B:T|C:T1||T=2 T1=7
|GridSample|16||X:T1 grid:T2|Y:T1|align_corners:int=0 mode:string="bilinear" padding_mode:string="zeros"|T1=25 T2=0
|GridSample|20||X:T1 grid:T2|Y:T1|align_corners:int=0 mode:string="linear" padding_mode:string="zeros"|T1=25 T2=0
|GridSample|22||X:T1 grid:T2|Y:T1|align_corners:int=0 mode:string="linear" padding_mode:string="zeros"|T1=24 T2=3
|GroupNormalization|18|D|X:T scale:T bias:T|Y:T|epsilon:float=9.999999747378752e-06 num_groups:int!|T=3
|GroupNormalization|21||X:T scale:T bias:T|Y:T|epsilon:float=9.999999747378752e-06 num_groups:int! stash_type:int=1|T=3
|HammingWindow|17||size:T1|output:T2|output_datatype:int=1 periodic:int=1|T1=12 T2=2
|HannWindow|17||size:T1|output:T2|output_datatype:int=1 periodic:int=1|T1=12 T2=2
|HardSigmoid|1||X:T|Y:T|alpha:float=0.20000000298023224 beta:float=0.5 consumed_inputs:ints|T=0
|HardSigmoid|6||X:T|Y:T|alpha:float=0.20000000298023224 beta:float=0.5|T=0
|HardSigmoid|22||X:T|Y:T|alpha:float=0.20000000298023224 beta:float=0.5|T=3
|HardSwish|14||X:T|Y:T||T=0
|HardSwish|22||X:T|Y:T||T=3
|Hardmax|1||input:T|output:T|axis:int=1|T=0
|Hardmax|11||input:T|output:T|axis:int=1|T=0
|Hardmax|13||input:T|output:T|axis:int=-1|T=3
|Identity|1||input:T|output:T||T=25
|Identity|13||input:T|output:T||T=24
|Identity|14||input:V|output:V||V=50
|Identity|16||input:V|output:V||V=51
|Identity|19||input:V|output:V||V=52
|Identity|21||input:V|output:V||V=53
|Identity|23||input:V|output:V||V=54
|Identity|24||input:V|output:V||V=55
|Identity|25||input:V|output:V||V=56
|If|1||cond:B|outputs:V~1|else_branch:graph! then_branch:graph!|B=7 V=25
|If|11||cond:B|outputs:V~1|else_branch:graph! then_branch:graph!|B=7 V=25
|If|13||cond:B|outputs:V~1|else_branch:graph! then_branch:graph!|B=7 V=57
|If|16||cond:B|outputs:V~1|else_branch:graph! then_branch:graph!|B=7 V=58
|If|19||cond:B|outputs:V~1|else_branch:graph! then_branch:graph!|B=7 V=59
|If|21||cond:B|outputs:V~1|else_branch:graph! then_branch:graph!|B=7 V=60
|If|23||cond:B|outputs:V~1|else_branch:graph! then_branch:graph!|B=7 V=61
|If|24||cond:B|outputs:V~1|else_branch:graph! then_branch:graph!|B=7 V=62
|If|25||cond:B|outputs:V~1|else_branch:graph! then_branch:graph!|B=7 V=63
|ImageDecoder|20||encoded_stream:T1|image:T2|pixel_format:string="RGB"|T1=48 T2=48
|InstanceNormalization|1||input:T scale:T B:T|output:T|consumed_inputs:ints epsilon:float=9.999999747378752e-06|T=0
|InstanceNormalization|6||input:T scale:T B:T|output:T|epsilon:float=9.999999747378752e-06|T=0
|InstanceNormalization|22||input:T scale:T B:T|output:T|epsilon:float=9.999999747378752e-06|T=3
|IsInf|10||X:T1|Y:T2|detect_negative:int=1 detect_positive:int=1|T1=64 T2=7
|IsInf|20||X:T1|Y:T2|detect_negative:int=1 detect_positive:int=1|T1=47 T2=7
|IsNaN|9||X:T1|Y:T2||T1=0 T2=7
|IsNaN|13||X:T1|Y:T2||T1=3 T2=7
|IsNaN|20||X:T1|Y:T2||T1=47 T2=7
|LRN|1||X:T|Y:T|alpha:float=9.999999747378752e-05 beta:float=0.75 bias:float=1.0 size:int!|T=0
|LRN|13||X:T|Y:T|alpha:float=9.999999747378752e-05 beta:float=0.75 bias:float=1.0 size:int!|T=3
|LSTM|1||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T? initial_c:T? P:T?|Y:T? Y_h:T? Y_c:T?|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int input_forget:int=0 output_sequence:int=0|T=0 T1=38
|LSTM|7||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T? initial_c:T? P:T?|Y:T? Y_h:T? Y_c:T?|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int input_forget:int=0|T=0 T1=38
|LSTM|14||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T? initial_c:T? P:T?|Y:T? Y_h:T? Y_c:T?|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int input_forget:int=0 layout:int=0|T=0 T1=38
|LSTM|22||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T? initial_c:T? P:T?|Y:T? Y_h:T? Y_c:T?|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int input_forget:int=0 layout:int=0|T=3 T1=38
|LayerNormalization|17||X:T Scale:T B:T?|Y:T Mean:U? InvStdDev:U?|axis:int=-1 epsilon:float=9.999999747378752e-06 stash_type:int=1|T=3 U=65
|LeakyRelu|1||X:T|Y:T|alpha:float=0.009999999776482582 consumed_inputs:ints|T=0
|LeakyRelu|6||X:T|Y:T|alpha:float=0.009999999776482582|T=0
|LeakyRelu|16||X:T|Y:T|alpha:float=0.009999999776482582|T=3
|Less|1||A:T B:T|C:T1|axis:int broadcast:int=0|T=0 T1=7
|Less|7||A:T B:T|C:T1||T=0 T1=7
|Less|9||A:T B:T|C:T1||T=1 T1=7
|Less|13||A:T B:T|C:T1||T=2 T1=7
|LessOrEqual|12||A:T B:T|C:T1||T=1 T1=7
|LessOrEqual|16||A:T B:T|C:T1||T=2 T1=7
|LinearAttention|27||query:T key:T value:T past_state:S? decay:T? beta:T?|output:T present_state:S|chunk_size:int=64 kv_num_heads:int! q_num_heads:int! scale:float=0.0 update_rule:string="gated_delta"|S=22 T=22
|Log|1||input:T|output:T|consumed_inputs:ints|T=0
|Log|6||input:T|output:T||T=0
|Log|13||input:T|output:T||T=3
|LogSoftmax|1||input:T|output:T|axis:int=1|T=0
|LogSoftmax|11||input:T|output:T|axis:int=1|T=0
|LogSoftmax|13||input:T|output:T|axis:int=-1|T=3
|Loop|1||M:I? cond:B? v_initial:V~1|v_final_and_scan_outputs:V~1|body:graph!|B=7 I=6 V=25
|Loop|11||M:I? cond:B? v_initial:V~0|v_final_and_scan_outputs:V~1|body:graph!|B=7 I=6 V=25
|Loop|13||M:I? cond:B? v_initial:V~0|v_final_and_scan_outputs:V~1|body:graph!|B=7 I=6 V=57
|Loop|16||M:I? cond:B? v_initial:V~0|v_final_and_scan_outputs:V~1|body:graph!|B=7 I=6 V=58
|Loop|19||M:I? cond:B? v_initial:V~0|v_final_and_scan_outputs:V~1|body:graph!|B=7 I=6 V=59
|Loop|21||M:I? cond:B? v_initial:V~0|v_final_and_scan_outputs:V~1|body:graph!|B=7 I=6 V=60
|Loop|23||M:I? cond:B? v_initial:V~0|v_final_and_scan_outputs:V~1|body:graph!|B=7 I=6 V=61
|Loop|24||M:I? cond:B? v_initial:V~0|v_final_and_scan_outputs:V~1|body:graph!|B=7 I=6 V=62
|Loop|25||M:I? cond:B? v_initial:V~0|v_final_and_scan_outputs:V~1|body:graph!|B=7 I=6 V=63
|LpNormalization|1||input:T|output:T|axis:int=-1 p:int=2|T=0
|LpNormalization|22||input:T|output:T|axis:int=-1 p:int=2|T=3
|LpPool|1||X:T|Y:T|auto_pad:string="NOTSET" kernel_shape:ints p:float=2.0 pads:ints strides:ints|T=0
|LpPool|2||X:T|Y:T|auto_pad:string="NOTSET" kernel_shape:ints! p:int=2 pads:ints strides:ints|T=0
|LpPool|11||X:T|Y:T|auto_pad:string="NOTSET" kernel_shape:ints! p:int=2 pads:ints strides:ints|T=0
|LpPool|18||X:T|Y:T|auto_pad:string="NOTSET" ceil_mode:int=0 dilations:ints kernel_shape:ints! p:int=2 pads:ints strides:ints|T=0
|LpPool|22||X:T|Y:T|auto_pad:string="NOTSET" ceil_mode:int=0 dilations:ints kernel_shape:ints! p:int=2 pads:ints strides:ints|T=3
|MatMul|1||A:T B:T|Y:T||T=0
|MatMul|9||A:T B:T|Y:T||T=4
|MatMul|13||A:T B:T|Y:T||T=5
|MatMulInteger|10||A:T1 B:T2 a_zero_point:T1? b_zero_point:T2?|Y:T3||T1=37 T2=37 T3=38
|Max|1||data_0:T*1|max:T|consumed_inputs:ints|T=0
|Max|6||data_0:T*1|max:T||T=0
|Max|8||data_0:T*1|max:T||T=0
|Max|12||data_0:T*1|max:T||T=1
|Max|13||data_0:T*1|max:T||T=2
|MaxPool|1||X:T|Y:T|auto_pad:string="NOTSET" kernel_shape:ints! pads:ints strides:ints|T=0
|MaxPool|8||X:T|Y:T Indices:I?|auto_pad:string="NOTSET" kernel_shape:ints! pads:ints storage_order:int=0 strides:ints|I=6 T=0
|MaxPool|10||X:T|Y:T Indices:I?|auto_pad:string="NOTSET" ceil_mode:int=0 dilations:ints kernel_shape:ints! pads:ints storage_order:int=0 strides:ints|I=6 T=0
|MaxPool|11||X:T|Y:T Indices:I?|auto_pad:string="NOTSET" ceil_mode:int=0 dilations:ints kernel_shape:ints! pads:ints storage_order:int=0 strides:ints|I=6 T=0
|MaxPool|12||X:T|Y:T Indices:I?|auto_pad:string="NOTSET" ceil_mode:int=0 dilations:ints kernel_shape:ints! pads:ints storage_order:int=0 strides:ints|I=6 T=66
|MaxPool|22||X:T|Y:T Indices:I?|auto_pad:string="NOTSET" ceil_mode:int=0 dilations:ints kernel_shape:ints! pads:ints storage_order:int=0 strides:ints|I=6 T=67
|MaxRoiPool|1||X:T rois:T|Y:T|pooled_shape:ints! spatial_scale:float=1.0|T=0
|MaxRoiPool|22||X:T rois:T|Y:T|pooled_shape:ints! spatial_scale:float=1.0|T=3
|MaxUnpool|9||X:T1 I:T2 output_shape:T2?|output:T1|kernel_shape:ints! pads:ints strides:ints|T1=0 T2=6
|MaxUnpool|11||X:T1 I:T2 output_shape:T2?|output:T1|kernel_shape:ints! pads:ints strides:ints|T1=0 T2=6
|MaxUnpool|22||X:T1 I:T2 output_shape:T2?|output:T1|kernel_shape:ints! pads:ints strides:ints|T1=3 T2=6
|Mean|1||data_0:T*1|mean:T|consumed_inputs:ints|T=0
|Mean|6||data_0:T*1|mean:T||T=0
|Mean|8||data_0:T*1|mean:T||T=0
|Mean|13||data_0:T*1|mean:T||T=3
|MeanVarianceNormalization|9||X:T|Y:T|axes:ints=[0,2,3]|T=0
|MeanVarianceNormalization|13||X:T|Y:T|axes:ints=[0,2,3]|T=3
|MelWeightMatrix|17||num_mel_bins:T1 dft_length:T1 sample_rate:T1 lower_edge_hertz:T2 upper_edge_hertz:T2|output:T3|output_datatype:int=1|T1=12 T2=3 T3=2
|Min|1||data_0:T*1|min:T|consumed_inputs:ints|T=0
|Min|6||data_0:T*1|min:T||T=0
|Min|8||data_0:T*1|min:T||T=0
|Min|12||data_0:T*1|min:T||T=1
|Min|13||data_0:T*1|min:T||T=2
|Mish|18||X:T|Y:T||T=0
|Mish|22||X:T|Y:T||T=3
|Mod|10||A:T B:T|C:T|fmod:int=0|T=1
|Mod|13||A:T B:T|C:T|fmod:int=0|T=2
|Mod|28||A:T B:T|C:T|fmod:int=0|T=2
|Mul|1||A:T B:T|C:T|axis:int broadcast:int=0 consumed_inputs:ints|T=0
|Mul|6||A:T B:T|C:T|axis:int broadcast:int=0|T=4
|Mul|7||A:T B:T|C:T||T=4
|Mul|13||A:T B:T|C:T||T=5
|Mul|14||A:T B:T|C:T||T=2
|Multinomial|7||input:T1|output:T2|dtype:int=6 sample_size:int=1 seed:float|T1=0 T2=12
|Multinomial|22||input:T1|output:T2|dtype:int=6 sample_size:int=1 seed:float|T1=3 T2=12
|Neg|1||X:T|Y:T|consumed_inputs:ints|T=0
|Neg|6||X:T|Y:T||T=68
|Neg|13||X:T|Y:T||T=69
|NegativeLogLikelihoodLoss|12||input:T target:Tind weight:T?|loss:T|ignore_index:int reduction:string="mean"|T=0 Tind=12
|NegativeLogLikelihoodLoss|13||input:T target:Tind weight:T?|loss:T|ignore_index:int reduction:string="mean"|T=0 Tind=12
|NegativeLogLikelihoodLoss|22||input:T target:Tind weight:T?|loss:T|ignore_index:int reduction:string="mean"|T=3 Tind=12
|NonMaxSuppression|10||boxes:(float) scores:(float) max_output_boxes_per_class:(int64)? iou_threshold:(float)? score_threshold:(float)?|selected_indices:(int64)|center_point_box:int=0|
|NonMaxSuppression|11||boxes:(float) scores:(float) max_output_boxes_per_class:(int64)? iou_threshold:(float)? score_threshold:(float)?|selected_indices:(int64)|center_point_box:int=0|
|NonZero|9||X:T|Y:(int64)||T=25
|NonZero|13||X:T|Y:(int64)||T=24
|Not|1||X:T|Y:T||T=7
|OneHot|9||indices:T1 depth:T2 values:T3|output:T3|axis:int=-1|T1=1 T2=1 T3=25
|OneHot|11||indices:T1 depth:T2 values:T3|output:T3|axis:int=-1|T1=1 T2=1 T3=25
|OneHot|28||indices:T1 depth:T2 values:T3|output:T3|axis:int=-1|T1=1 T2=1 T3=24
|Optional|15||input:V?|output:O|type:type_proto|O=70 V=57
|Optional|28||input:V?|output:O|type:type_proto|O=71 V=72
|OptionalGetElement|15||input:O|output:V||O=70 V=57
|OptionalGetElement|18||input:O|output:V||O=73 V=57
|OptionalGetElement|28||input:O|output:V||O=74 V=72
|OptionalHasElement|15||input:O|output:B||B=7 O=70
|OptionalHasElement|18||input:O?|output:B||B=7 O=73
|OptionalHasElement|28||input:O?|output:B||B=7 O=74
|Or|1||A:T B:T|C:T1|axis:int broadcast:int=0|T=7 T1=7
|Or|7||A:T B:T|C:T1||T=7 T1=7
|PRelu|1||X:T slope:T|Y:T|consumed_inputs:ints|T=0
|PRelu|6||X:T slope:T|Y:T||T=0
|PRelu|7||X:T slope:T|Y:T||T=0
|PRelu|9||X:T slope:T|Y:T||T=4
|PRelu|16||X:T slope:T|Y:T||T=5
|Pad|1||data:T|output:T|mode:string="constant" paddings:ints! value:float=0.0|T=0
|Pad|2||data:T|output:T|mode:string="constant" pads:ints! value:float=0.0|T=0
|Pad|11||data:T pads:(int64) constant_value:T?|output:T|mode:string="constant"|T=1
|Pad|13||data:T pads:(int64) constant_value:T?|output:T|mode:string="constant"|T=24
|Pad|18||data:T pads:(int64) constant_value:T? axes:Tind?|output:T|mode:string="constant"|T=24 Tind=12
|Pad|19||data:T pads:(int64) constant_value:T? axes:Tind?|output:T|mode:string="constant"|T=24 Tind=12
|Pad|21||data:T pads:(int64) constant_value:T? axes:Tind?|output:T|mode:string="constant"|T=28 Tind=12
|Pad|23||data:T pads:(int64) constant_value:T? axes:Tind?|output:T|mode:string="constant"|T=29 Tind=12
|Pad|24||data:T pads:(int64) constant_value:T? axes:Tind?|output:T|mode:string="constant"|T=30 Tind=12
|Pad|25||data:T pads:(int64) constant_value:T? axes:Tind?|output:T|mode:string="constant"|T=31 Tind=12
|Pow|1||X:T Y:T|Z:T|axis:int broadcast:int=0|T=0
|Pow|7||X:T Y:T|Z:T||T=0
|Pow|12||X:T Y:T1|Z:T||T=75 T1=1
|Pow|13||X:T Y:T1|Z:T||T=76 T1=1
|Pow|15||X:T Y:T1|Z:T||T=76 T1=2
|QLinearConv|10||x:T1 x_scale:(float) x_zero_point:T1 w:T2 w_scale:(float) w_zero_point:T2 y_scale:(float) y_zero_point:T3 B:T4?|y:T3|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints pads:ints strides:ints|T1=37 T2=37 T3=37 T4=38
|QLinearMatMul|10||a:T1 a_scale:(float) a_zero_point:T1 b:T2 b_scale:(float) b_zero_point:T2 y_scale:(float) y_zero_point:T3|y:T3||T1=37 T2=37 T3=37
|QLinearMatMul|21||a:T1 a_scale:TS a_zero_point:T1 b:T2 b_scale:TS b_zero_point:T2 y_scale:TS y_zero_point:T3|y:T3||T1=77 T2=77 T3=77 TS=22
|QuantizeLinear|10||x:T1 y_scale:(float) y_zero_point:T2?|y:T2||T1=78 T2=37
|QuantizeLinear|13||x:T1 y_scale:(float) y_zero_point:T2?|y:T2|axis:int=1|T1=78 T2=37
|QuantizeLinear|19||x:T1 y_scale:T1 y_zero_point:T2?|y:T2|axis:int=1 saturate:int=1|T1=79 T2=77
|QuantizeLinear|21||x:T1 y_scale:T1 y_zero_point:T2?|y:T2|axis:int=1 block_size:int=0 output_dtype:int=0 saturate:int=1|T1=79 T2=80
|QuantizeLinear|23||x:T1 y_scale:T2 y_zero_point:T3?|y:T3|axis:int=1 block_size:int=0 output_dtype:int=0 precision:int=0 saturate:int=1|T1=79 T2=79 T3=81
|QuantizeLinear|24||x:T1 y_scale:T2 y_zero_point:T3?|y:T3|axis:int=1 block_size:int=0 output_dtype:int=0 precision:int=0 saturate:int=1|T1=79 T2=82 T3=81
|QuantizeLinear|25||x:T1 y_scale:T2 y_zero_point:T3?|y:T3|axis:int=1 block_size:int=0 output_dtype:int=0 precision:int=0 saturate:int=1|T1=79 T2=82 T3=83
|QuantizeLinear|28||x:T1 y_scale:T2 y_zero_point:T3?|y:T3|axis:int=1 block_size:int=0 output_dtype:int=0 precision:int=0 saturate:int=1|T1=79 T2=82 T3=84
|RMSNormalization|23||X:T scale:V|Y:V|axis:int=-1 epsilon:float=9.999999747378752e-06 stash_type:int=1|T=3 V=3
|RNN|1||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T?|Y:T? Y_h:T?|activation_alpha:floats activation_beta:floats activations:strings=["Tanh","Tanh"] clip:float direction:string="forward" hidden_size:int output_sequence:int=0|T=0 T1=38
|RNN|7||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T?|Y:T? Y_h:T?|activation_alpha:floats activation_beta:floats activations:strings=["Tanh","Tanh"] clip:float direction:string="forward" hidden_size:int|T=0 T1=38
|RNN|14||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T?|Y:T? Y_h:T?|activation_alpha:floats activation_beta:floats activations:strings=["Tanh","Tanh"] clip:float direction:string="forward" hidden_size:int layout:int=0|T=0 T1=38
|RNN|22||X:T W:T R:T B:T? sequence_lens:T1? initial_h:T?|Y:T? Y_h:T?|activation_alpha:floats activation_beta:floats activations:strings=["Tanh","Tanh"] clip:float direction:string="forward" hidden_size:int layout:int=0|T=3 T1=38
|RandomNormal|1|||output:T|dtype:int=1 mean:float=0.0 scale:float=1.0 seed:float shape:ints!|T=0
|RandomNormal|22|||output:T|dtype:int=1 mean:float=0.0 scale:float=1.0 seed:float shape:ints!|T=3
|RandomNormalLike|1||input:T1|output:T2|dtype:int mean:float=0.0 scale:float=1.0 seed:float|T1=25 T2=0
|RandomNormalLike|22||input:T1|output:T2|dtype:int mean:float=0.0 scale:float=1.0 seed:float|T1=24 T2=3
|RandomUniform|1|||output:T|dtype:int=1 high:float=1.0 low:float=0.0 seed:float shape:ints!|T=0
|RandomUniform|22|||output:T|dtype:int=1 high:float=1.0 low:float=0.0 seed:float shape:ints!|T=3
|RandomUniformLike|1||input:T1|output:T2|dtype:int high:float=1.0 low:float=0.0 seed:float|T1=25 T2=0
|RandomUniformLike|22||input:T1|output:T2|dtype:int high:float=1.0 low:float=0.0 seed:float|T1=24 T2=3
|Range|11||start:T limit:T delta:T|output:T||T=85
|Range|27||start:T limit:T delta:T|output:T|stash_type:int=1|T=86
|Reciprocal|1||X:T|Y:T|consumed_inputs:ints|T=0
|Reciprocal|6||X:T|Y:T||T=0
|Reciprocal|13||X:T|Y:T||T=3
|ReduceL1|1||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceL1|11||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceL1|13||data:T|reduced:T|axes:ints keepdims:int=1|T=5
|ReduceL1|18||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=5
|ReduceL2|1||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceL2|11||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceL2|13||data:T|reduced:T|axes:ints keepdims:int=1|T=5
|ReduceL2|18||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=5
|ReduceLogSum|1||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceLogSum|11||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceLogSum|13||data:T|reduced:T|axes:ints keepdims:int=1|T=5
|ReduceLogSum|18||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=5
|ReduceLogSum|28||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=3
|ReduceLogSumExp|1||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceLogSumExp|11||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceLogSumExp|13||data:T|reduced:T|axes:ints keepdims:int=1|T=5
|ReduceLogSumExp|18||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=5
|ReduceLogSumExp|28||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=3
|ReduceMax|1||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceMax|11||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceMax|12||data:T|reduced:T|axes:ints keepdims:int=1|T=87
|ReduceMax|13||data:T|reduced:T|axes:ints keepdims:int=1|T=88
|ReduceMax|18||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=88
|ReduceMax|20||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=89
|ReduceMean|1||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceMean|11||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceMean|13||data:T|reduced:T|axes:ints keepdims:int=1|T=5
|ReduceMean|18||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=5
|ReduceMin|1||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceMin|11||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceMin|12||data:T|reduced:T|axes:ints keepdims:int=1|T=87
|ReduceMin|13||data:T|reduced:T|axes:ints keepdims:int=1|T=88
|ReduceMin|18||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=88
|ReduceMin|20||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=89
|ReduceProd|1||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceProd|11||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceProd|13||data:T|reduced:T|axes:ints keepdims:int=1|T=5
|ReduceProd|18||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=5
|ReduceSum|1||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceSum|11||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceSum|13||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=5
|ReduceSumSquare|1||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceSumSquare|11||data:T|reduced:T|axes:ints keepdims:int=1|T=4
|ReduceSumSquare|13||data:T|reduced:T|axes:ints keepdims:int=1|T=5
|ReduceSumSquare|18||data:T axes:(int64)?|reduced:T|keepdims:int=1 noop_with_empty_axes:int=0|T=5
|RegexFullMatch|20||X:T1|Y:T2|pattern:string|T1=90 T2=7
|Relu|1||X:T|Y:T|consumed_inputs:ints|T=0
|Relu|6||X:T|Y:T||T=0
|Relu|13||X:T|Y:T||T=3
|Relu|14||X:T|Y:T||T=69
|Reshape|1||data:T|reshaped:T|consumed_inputs:ints shape:ints|T=0
|Reshape|5||data:T shape:(int64)|reshaped:T||T=25
|Reshape|13||data:T shape:(int64)|reshaped:T||T=24
|Reshape|14||data:T shape:(int64)|reshaped:T|allowzero:int=0|T=24
|Reshape|19||data:T shape:(int64)|reshaped:T|allowzero:int=0|T=27
|Reshape|21||data:T shape:(int64)|reshaped:T|allowzero:int=0|T=28
|Reshape|23||data:T shape:(int64)|reshaped:T|allowzero:int=0|T=29
|Reshape|24||data:T shape:(int64)|reshaped:T|allowzero:int=0|T=30
|Reshape|25||data:T shape:(int64)|reshaped:T|allowzero:int=0|T=31
|Resize|10||X:T scales:(float)|Y:T|mode:string="nearest"|T=25
|Resize|11||X:T1 roi:T2 scales:(float) sizes:(int64)?|Y:T1|coordinate_transformation_mode:string="half_pixel" cubic_coeff_a:float=-0.75 exclude_outside:int=0 extrapolation_value:float=0.0 mode:string="nearest" nearest_mode:string="round_prefer_floor"|T1=25 T2=0
|Resize|13||X:T1 roi:T2? scales:(float)? sizes:(int64)?|Y:T1|coordinate_transformation_mode:string="half_pixel" cubic_coeff_a:float=-0.75 exclude_outside:int=0 extrapolation_value:float=0.0 mode:string="nearest" nearest_mode:string="round_prefer_floor"|T1=24 T2=0
|Resize|18||X:T1 roi:T2? scales:(float)? sizes:(int64)?|Y:T1|antialias:int=0 axes:ints coordinate_transformation_mode:string="half_pixel" cubic_coeff_a:float=-0.75 exclude_outside:int=0 extrapolation_value:float=0.0 keep_aspect_ratio_policy:string="stretch" mode:string="nearest" nearest_mode:string="round_prefer_floor"|T1=24 T2=0
|Resize|19||X:T1 roi:T2? scales:(float)? sizes:(int64)?|Y:T1|antialias:int=0 axes:ints coordinate_transformation_mode:string="half_pixel" cubic_coeff_a:float=-0.75 exclude_outside:int=0 extrapolation_value:float=0.0 keep_aspect_ratio_policy:string="stretch" mode:string="nearest" nearest_mode:string="round_prefer_floor"|T1=24 T2=0
|ReverseSequence|10||input:T sequence_lens:(int64)|Y:T|batch_axis:int=1 time_axis:int=0|T=25
|ReverseSequence|28||input:T sequence_lens:(int64)|Y:T|batch_axis:int=1 time_axis:int=0|T=24
|RoiAlign|10||X:T1 rois:T1 batch_indices:T2|Y:T1|mode:string="avg" output_height:int=1 output_width:int=1 sampling_ratio:int=0 spatial_scale:float=1.0|T1=0 T2=6
|RoiAlign|16||X:T1 rois:T1 batch_indices:T2|Y:T1|coordinate_transformation_mode:string="half_pixel" mode:string="avg" output_height:int=1 output_width:int=1 sampling_ratio:int=0 spatial_scale:float=1.0|T1=0 T2=6
|RoiAlign|22||X:T1 rois:T1 batch_indices:T2|Y:T1|coordinate_transformation_mode:string="half_pixel" mode:string="avg" output_height:int=1 output_width:int=1 sampling_ratio:int=0 spatial_scale:float=1.0|T1=3 T2=6
|RotaryEmbedding|23||X:T cos_cache:T sin_cache:T position_ids:M?|Y:T|interleaved:int=0 num_heads:int rotary_embedding_dim:int=0|M=6 T=22
|Round|11||X:T|Y:T||T=0
|Round|22||X:T|Y:T||T=3
|STFT|17||signal:T1 frame_step:T2 window:T1? frame_length:T2?|output:T1|onesided:int=1|T1=3 T2=12
|Scan|8||sequence_lens:I? initial_state_and_scan_inputs:V~1|final_state_and_scan_outputs:V~1|body:graph! directions:ints num_scan_inputs:int!|I=6 V=25
|Scan|9||initial_state_and_scan_inputs:V~1|final_state_and_scan_outputs:V~1|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints|V=25
|Scan|11||initial_state_and_scan_inputs:V~1|final_state_and_scan_outputs:V~1|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints|V=25
|Scan|16||initial_state_and_scan_inputs:V~1|final_state_and_scan_outputs:V~1|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints|V=24
|Scan|19||initial_state_and_scan_inputs:V~1|final_state_and_scan_outputs:V~1|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints|V=27
|Scan|21||initial_state_and_scan_inputs:V~1|final_state_and_scan_outputs:V~1|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints|V=28
|Scan|23||initial_state_and_scan_inputs:V~1|final_state_and_scan_outputs:V~1|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints|V=29
|Scan|24||initial_state_and_scan_inputs:V~1|final_state_and_scan_outputs:V~1|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints|V=30
|Scan|25||initial_state_and_scan_inputs:V~1|final_state_and_scan_outputs:V~1|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints|V=31
|Scatter|9||data:T indices:Tind updates:T|output:T|axis:int=0|T=25 Tind=12
|Scatter|11|D|data:T indices:Tind updates:T|output:T|axis:int=0|T=25 Tind=12
|ScatterElements|11||data:T indices:Tind updates:T|output:T|axis:int=0|T=25 Tind=12
|ScatterElements|13||data:T indices:Tind updates:T|output:T|axis:int=0|T=24 Tind=12
|ScatterElements|16||data:T indices:Tind updates:T|output:T|axis:int=0 reduction:string="none"|T=24 Tind=12
|ScatterElements|18||data:T indices:Tind updates:T|output:T|axis:int=0 reduction:string="none"|T=24 Tind=12
|ScatterND|11||data:T indices:(int64) updates:T|output:T||T=25
|ScatterND|13||data:T indices:(int64) updates:T|output:T||T=24
|ScatterND|16||data:T indices:(int64) updates:T|output:T|reduction:string="none"|T=24
|ScatterND|18||data:T indices:(int64) updates:T|output:T|reduction:string="none"|T=24
|Selu|1||X:T|Y:T|alpha:float=1.673200011253357 consumed_inputs:ints gamma:float=1.0506999492645264|T=0
|Selu|6||X:T|Y:T|alpha:float=1.6732631921768188 gamma:float=1.0507010221481323|T=0
|Selu|22||X:T|Y:T|alpha:float=1.6732631921768188 gamma:float=1.0507010221481323|T=3
|SequenceAt|11||input_sequence:S position:I|tensor:T||I=12 S=26 T=25
|SequenceConstruct|11||inputs:T*1|output_sequence:S||S=26 T=25
|SequenceEmpty|11|||output:S|dtype:int|S=26
|SequenceErase|11||input_sequence:S position:I?|output_sequence:S||I=12 S=26
|SequenceInsert|11||input_sequence:S tensor:T position:I?|output_sequence:S||I=12 S=26 T=25
|SequenceLength|11||input_sequence:S|length:I||I=6 S=26
|SequenceMap|17||input_sequence:S additional_inputs:V~0|out_sequence:S~1|body:graph!|S=26 V=57
|Shape|1||data:T|shape:T1||T=25 T1=6
|Shape|13||data:T|shape:T1||T=24 T1=6
|Shape|15||data:T|shape:T1|end:int start:int=0|T=24 T1=6
|Shape|19||data:T|shape:T1|end:int start:int=0|T=27 T1=6
|Shape|21||data:T|shape:T1|end:int start:int=0|T=28 T1=6
|Shape|23||data:T|shape:T1|end:int start:int=0|T=29 T1=6
|Shape|24||data:T|shape:T1|end:int start:int=0|T=30 T1=6
|Shape|25||data:T|shape:T1|end:int start:int=0|T=31 T1=6
|Shrink|9||input:T|output:T|bias:float=0.0 lambd:float=0.5|T=1
|Sigmoid|1||X:T|Y:T|consumed_inputs:ints|T=0
|Sigmoid|6||X:T|Y:T||T=0
|Sigmoid|13||X:T|Y:T||T=3
|Sign|9||input:T|output:T||T=1
|Sign|13||input:T|output:T||T=2
|Sin|7||input:T|output:T||T=0
|Sin|22||input:T|output:T||T=3
|Sinh|9||input:T|output:T||T=0
|Sinh|22||input:T|output:T||T=3
|Size|1||data:T|size:T1||T=25 T1=6
|Size|13||data:T|size:T1||T=24 T1=6
|Size|19||data:T|size:T1||T=27 T1=6
|Size|21||data:T|size:T1||T=28 T1=6
|Size|23||data:T|size:T1||T=29 T1=6
|Size|24||data:T|size:T1||T=30 T1=6
|Size|25||data:T|size:T1||T=31 T1=6
|Slice|1||data:T|output:T|axes:ints ends:ints! starts:ints!|T=25
|Slice|10||data:T starts:Tind ends:Tind axes:Tind? steps:Tind?|output:T||T=25 Tind=12
|Slice|11||data:T starts:Tind ends:Tind axes:Tind? steps:Tind?|output:T||T=25 Tind=12
|Slice|13||data:T starts:Tind ends:Tind axes:Tind? steps:Tind?|output:T||T=24 Tind=12
|Softmax|1||input:T|output:T|axis:int=1|T=0
|Softmax|11||input:T|output:T|axis:int=1|T=0
|Softmax|13||input:T|output:T|axis:int=-1|T=3
|SoftmaxCrossEntropyLoss|12||scores:T labels:Tind weights:T?|output:T log_prob:T?|ignore_index:int reduction:string="mean"|T=0 Tind=12
|SoftmaxCrossEntropyLoss|13||scores:T labels:Tind weights:T?|output:T log_prob:T?|ignore_index:int reduction:string="mean"|T=3 Tind=12
|Softplus|1||X:T|Y:T||T=0
|Softplus|22||X:T|Y:T||T=3
|Softsign|1||input:T|output:T||T=0
|Softsign|22||input:T|output:T||T=3
|SpaceToDepth|1||input:T|output:T|blocksize:int!|T=25
|SpaceToDepth|13||input:T|output:T|blocksize:int!|T=24
|SpaceToDepth|28||input:T|output:T|blocksize:int! mode:string="DCR"|T=24
|Split|1||input:T split:T?|outputs...:T*1|axis:int split:ints|T=0
|Split|2||input:T|outputs:T*1|axis:int=0 split:ints|T=25
|Split|11||input:T|outputs:T*1|axis:int=0 split:ints|T=25
|Split|13||input:T split:(int64)?|outputs:T*1|axis:int=0|T=24
|Split|18||input:T split:(int64)?|outputs:T*1|axis:int=0 num_outputs:int|T=24
|SplitToSequence|11||input:T split:I?|output_sequence:S|axis:int=0 keepdims:int=1|I=12 S=26 T=25
|SplitToSequence|24||input:T split:I?|output_sequence:S|axis:int=0 keepdims:int=1|I=12 S=91 T=24
|Sqrt|1||X:T|Y:T|consumed_inputs:ints|T=0
|Sqrt|6||X:T|Y:T||T=0
|Sqrt|13||X:T|Y:T||T=3
|Squeeze|1||data:T|squeezed:T|axes:ints|T=25
|Squeeze|11||data:T|squeezed:T|axes:ints|T=25
|Squeeze|13||data:T axes:(int64)?|squeezed:T||T=24
|Squeeze|21||data:T axes:(int64)?|squeezed:T||T=28
|Squeeze|23||data:T axes:(int64)?|squeezed:T||T=29
|Squeeze|24||data:T axes:(int64)?|squeezed:T||T=30
|Squeeze|25||data:T axes:(int64)?|squeezed:T||T=31
|StringConcat|20||X:T Y:T|Z:T||T=90
|StringNormalizer|10||X:(string)|Y:(string)|case_change_action:string="NONE" is_case_sensitive:int=0 locale:string stopwords:strings|
|StringSplit|20||X:T1|Y:T2 Z:T3|delimiter:string maxsplit:int|T1=90 T2=90 T3=6
|Sub|1||A:T B:T|C:T|axis:int broadcast:int=0 consumed_inputs:ints|T=0
|Sub|6||A:T B:T|C:T|axis:int broadcast:int=0|T=4
|Sub|7||A:T B:T|C:T||T=4
|Sub|13||A:T B:T|C:T||T=5
|Sub|14||A:T B:T|C:T||T=2
|Sum|1||data_0:T*1|sum:T|consumed_inputs:ints|T=0
|Sum|6||data_0:T*1|sum:T||T=0
|Sum|8||data_0:T*1|sum:T||T=0
|Sum|13||data_0:T*1|sum:T||T=3
|SwiGLU|28||A:T B:T|Y:T|alpha:float=1.0|T=3
|Swish|24||X:T|Y:T|alpha:float=1.0|T=3
|Tan|7||input:T|output:T||T=0
|Tan|22||input:T|output:T||T=3
|Tanh|1||input:T|output:T|consumed_inputs:ints|T=0
|Tanh|6||input:T|output:T||T=0
|Tanh|13||input:T|output:T||T=3
|TensorScatter|24||past_cache:T update:T write_indices:(int64)?|present_cache:T|axis:int=-2 mode:string="linear"|T=30
|TfIdfVectorizer|9||X:T|Y:T1|max_gram_length:int! max_skip_count:int! min_gram_length:int! mode:string! ngram_counts:ints! ngram_indexes:ints! pool_int64s:ints pool_strings:strings weights:floats|T=92 T1=23
|ThresholdedRelu|10||X:T|Y:T|alpha:float=1.0|T=0
|ThresholdedRelu|22||X:T|Y:T|alpha:float=1.0|T=3
|Tile|1||input:T tiles:T axis:T|output:T||T=0 T1=6
|Tile|6||input:T repeats:T1|output:T||T=25 T1=6
|Tile|13||input:T repeats:T1|output:T||T=24 T1=6
|TopK|1||X:T|Values:T Indices:I|axis:int=-1 k:int!|I=6 T=0
|TopK|10||X:T K:(int64)|Values:T Indices:I|axis:int=-1|I=6 T=0
|TopK|11||X:T K:(int64)|Values:T Indices:I|axis:int=-1 largest:int=1 sorted:int=1|I=6 T=1
|TopK|24||X:T K:(int64)|Values:T Indices:I|axis:int=-1 largest:int=1 sorted:int=1|I=6 T=2
|Transpose|1||data:T|transposed:T|perm:ints|T=25
|Transpose|13||data:T|transposed:T|perm:ints|T=24
|Transpose|21||data:T|transposed:T|perm:ints|T=28
|Transpose|23||data:T|transposed:T|perm:ints|T=29
|Transpose|24||data:T|transposed:T|perm:ints|T=30
|Transpose|25||data:T|transposed:T|perm:ints|T=31
|Trilu|14||input:T k:(int64)?|output:T|upper:int=1|T=24
|Unique|11||X:T|Y:T indices:(int64)? inverse_indices:(int64)? counts:(int64)?|axis:int sorted:int=1|T=25
|Unique|28||X:T|Y:T indices:(int64)? inverse_indices:(int64)? counts:(int64)?|axis:int sorted:int=1|T=24
|Unsqueeze|1||data:T|expanded:T|axes:ints!|T=25
|Unsqueeze|11||data:T|expanded:T|axes:ints!|T=25
|Unsqueeze|13||data:T axes:(int64)|expanded:T||T=24
|Unsqueeze|21||data:T axes:(int64)|expanded:T||T=28
|Unsqueeze|23||data:T axes:(int64)|expanded:T||T=29
|Unsqueeze|24||data:T axes:(int64)|expanded:T||T=30
|Unsqueeze|25||data:T axes:(int64)|expanded:T||T=31
|Upsample|1||X:T|Y:T|height_scale:float! mode:string="nearest" width_scale:float!|T=93
|Upsample|7||X:T|Y:T|mode:string="nearest" scales:floats!|T=25
|Upsample|9||X:T scales:(float)|Y:T|mode:string="nearest"|T=25
|Upsample|10|D|X:T scales:(float)|Y:T|mode:string="nearest"|T=25
|Where|9||condition:B X:T Y:T|output:T||B=7 T=25
|Where|16||condition:B X:T Y:T|output:T||B=7 T=24
|Xor|1||A:T B:T|C:T1|axis:int broadcast:int=0|T=7 T1=7
|Xor|7||A:T B:T|C:T1||T=7 T1=7
ai.onnx.ml|ArrayFeatureExtractor|1||X:T Y:(int64)|Z:T||T=94
ai.onnx.ml|Binarizer|1||X:T|Y:T|threshold:float=0.0|T=95
ai.onnx.ml|CastMap|1||X:T1|Y:T2|cast_to:string="TO_FLOAT" map_form:string="DENSE" max_map:int=1|T1=96 T2=97
ai.onnx.ml|CategoryMapper|1||X:T1|Y:T2|cats_int64s:ints cats_strings:strings default_int64:int=-1 default_string:string="_Unused"|T1=98 T2=98
ai.onnx.ml|DictVectorizer|1||X:T1|Y:T2|int64_vocabulary:ints string_vocabulary:strings|T1=99 T2=100
ai.onnx.ml|FeatureVectorizer|1||X:T1*1|Y:(float)|inputdimensions:ints|T1=95
ai.onnx.ml|Imputer|1||X:T|Y:T|imputed_value_floats:floats imputed_value_int64s:ints replaced_value_float:float=0.0 replaced_value_int64:int=0|T=95
ai.onnx.ml|LabelEncoder|1||X:T1|Y:T2|classes_strings:strings default_int64:int=-1 default_string:string="_Unused"|T1=98 T2=98
ai.onnx.ml|LabelEncoder|2||X:T1|Y:T2|default_float:float=-0.0 default_int64:int=-1 default_string:string="_Unused" keys_floats:floats keys_int64s:ints keys_strings:strings values_floats:floats values_int64s:ints values_strings:strings|T1=97 T2=97
ai.onnx.ml|LabelEncoder|4||X:T1|Y:T2|default_float:float=-0.0 default_int64:int=-1 default_string:string="_Unused" default_tensor:tensor keys_floats:floats keys_int64s:ints keys_strings:strings keys_tensor:tensor values_floats:floats values_int64s:ints values_strings:strings values_tensor:tensor|T1=101 T2=101
ai.onnx.ml|LinearClassifier|1||X:T1|Y:T2 Z:(float)|classlabels_ints:ints classlabels_strings:strings coefficients:floats! intercepts:floats multi_class:int=0 post_transform:string="NONE"|T1=95 T2=98
ai.onnx.ml|LinearRegressor|1||X:T|Y:(float)|coefficients:floats intercepts:floats post_transform:string="NONE" targets:int=1|T=95
ai.onnx.ml|Normalizer|1||X:T|Y:(float)|norm:string="MAX"|T=95
ai.onnx.ml|OneHotEncoder|1||X:T|Y:(float)|cats_int64s:ints cats_strings:strings zeros:int=1|T=94
ai.onnx.ml|SVMClassifier|1||X:T1|Y:T2 Z:(float)|classlabels_ints:ints classlabels_strings:strings coefficients:floats kernel_params:floats kernel_type:string="LINEAR" post_transform:string="NONE" prob_a:floats prob_b:floats rho:floats support_vectors:floats vectors_per_class:ints|T1=95 T2=98
ai.onnx.ml|SVMRegressor|1||X:T|Y:(float)|coefficients:floats kernel_params:floats kernel_type:string="LINEAR" n_supports:int=0 one_class:int=0 post_transform:string="NONE" rho:floats support_vectors:floats|T=95
ai.onnx.ml|Scaler|1||X:T|Y:(float)|offset:floats scale:floats|T=95
ai.onnx.ml|TreeEnsemble|5||X:T|Y:T|aggregate_function:int=1 leaf_targetids:ints! leaf_weights:tensor! membership_values:tensor n_targets:int nodes_falseleafs:ints! nodes_falsenodeids:ints! nodes_featureids:ints! nodes_hitrates:tensor nodes_missing_value_tracks_true:ints nodes_modes:tensor! nodes_splits:tensor! nodes_trueleafs:ints! nodes_truenodeids:ints! post_transform:int=0 tree_roots:ints!|T=0
ai.onnx.ml|TreeEnsembleClassifier|1||X:T1|Y:T2 Z:(float)|base_values:floats class_ids:ints class_nodeids:ints class_treeids:ints class_weights:floats classlabels_int64s:ints classlabels_strings:strings nodes_falsenodeids:ints nodes_featureids:ints nodes_hitrates:floats nodes_missing_value_tracks_true:ints nodes_modes:strings nodes_nodeids:ints nodes_treeids:ints nodes_truenodeids:ints nodes_values:floats post_transform:string="NONE"|T1=95 T2=98
ai.onnx.ml|TreeEnsembleClassifier|3||X:T1|Y:T2 Z:(float)|base_values:floats base_values_as_tensor:tensor class_ids:ints class_nodeids:ints class_treeids:ints class_weights:floats class_weights_as_tensor:tensor classlabels_int64s:ints classlabels_strings:strings nodes_falsenodeids:ints nodes_featureids:ints nodes_hitrates:floats nodes_hitrates_as_tensor:tensor nodes_missing_value_tracks_true:ints nodes_modes:strings nodes_nodeids:ints nodes_treeids:ints nodes_truenodeids:ints nodes_values:floats nodes_values_as_tensor:tensor post_transform:string="NONE"|T1=95 T2=98
ai.onnx.ml|TreeEnsembleClassifier|5|D|X:T1|Y:T2 Z:(float)|base_values:floats base_values_as_tensor:tensor class_ids:ints class_nodeids:ints class_treeids:ints class_weights:floats class_weights_as_tensor:tensor classlabels_int64s:ints classlabels_strings:strings nodes_falsenodeids:ints nodes_featureids:ints nodes_hitrates:floats nodes_hitrates_as_tensor:tensor nodes_missing_value_tracks_true:ints nodes_modes:strings nodes_nodeids:ints nodes_treeids:ints nodes_truenodeids:ints nodes_values:floats nodes_values_as_tensor:tensor post_transform:string="NONE"|T1=95 T2=98
ai.onnx.ml|TreeEnsembleRegressor|1||X:T|Y:(float)|aggregate_function:string="SUM" base_values:floats n_targets:int nodes_falsenodeids:ints nodes_featureids:ints nodes_hitrates:floats nodes_missing_value_tracks_true:ints nodes_modes:strings nodes_nodeids:ints nodes_treeids:ints nodes_truenodeids:ints nodes_values:floats post_transform:string="NONE" target_ids:ints target_nodeids:ints target_treeids:ints target_weights:floats|T=95
ai.onnx.ml|TreeEnsembleRegressor|3||X:T|Y:(float)|aggregate_function:string="SUM" base_values:floats base_values_as_tensor:tensor n_targets:int nodes_falsenodeids:ints nodes_featureids:ints nodes_hitrates:floats nodes_hitrates_as_tensor:tensor nodes_missing_value_tracks_true:ints nodes_modes:strings nodes_nodeids:ints nodes_treeids:ints nodes_truenodeids:ints nodes_values:floats nodes_values_as_tensor:tensor post_transform:string="NONE" target_ids:ints target_nodeids:ints target_treeids:ints target_weights:floats target_weights_as_tensor:tensor|T=95
ai.onnx.ml|TreeEnsembleRegressor|5|D|X:T|Y:(float)|aggregate_function:string="SUM" base_values:floats base_values_as_tensor:tensor n_targets:int nodes_falsenodeids:ints nodes_featureids:ints nodes_hitrates:floats nodes_hitrates_as_tensor:tensor nodes_missing_value_tracks_true:ints nodes_modes:strings nodes_nodeids:ints nodes_treeids:ints nodes_truenodeids:ints nodes_values:floats nodes_values_as_tensor:tensor post_transform:string="NONE" target_ids:ints target_nodeids:ints target_treeids:ints target_weights:floats target_weights_as_tensor:tensor|T=95
ai.onnx.ml|ZipMap|1||X:(float)|Z:T|classlabels_int64s:ints classlabels_strings:strings|T=102
ai.onnx.preview|FlexAttention|1||Q:T1 K:T1 V:T1|Y:T1|prob_mod:graph scale:float score_mod:graph softmax_precision:int|T1=3
ai.onnx.preview.training|Adagrad|1||R:T1 T:T2 inputs:T3~1|outputs:T3~1|decay_factor:float=0.0 epsilon:float=9.999999974752427e-07 norm_coefficient:float=0.0|T1=64 T2=6 T3=64
ai.onnx.preview.training|Adam|1||R:T1 T:T2 inputs:T3~1|outputs:T3~1|alpha:float=0.8999999761581421 beta:float=0.9990000128746033 epsilon:float=9.999999974752427e-07 norm_coefficient:float=0.0 norm_coefficient_post:float=0.0|T1=64 T2=6 T3=64
ai.onnx.preview.training|Gradient|1||Inputs:T1~1|Outputs:T2~1|xs:strings! y:string! zs:strings|T1=25 T2=0
ai.onnx.preview.training|Momentum|1||R:T1 T:T2 inputs:T3~1|outputs:T3~1|alpha:float! beta:float! mode:string! norm_coefficient:float!|T1=64 T2=6 T3=64
"""#
}
