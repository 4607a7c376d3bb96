#pragma once
// The kernels of the worker: one header a subject.
#include "ck_attention.h"
#include "ck_convolution.h"
#include "ck_cpu.h"
#include "ck_decode.h"
#include "ck_delta.h"
#include "ck_dequantize.h"
#include "ck_gemm.h"
#include "ck_linear.h"
#include "ck_noise.h"
#include "ck_rows.h"
#include "ck_team.h"
