#pragma once
// The kernels of the worker: one header a subject.
#include "ck_dequantize.h"
