/* SPDX-License-Identifier: Apache-2.0
 * The workload image of engine_operators, as scripts/make_operator_workload.py builds it and the
 * platform loads it to WORKLOAD_ADDRESS. Words are little-endian; offsets are from the start. */
#ifndef SW_ENGINE_OPERATORS_IMAGE_H
#define SW_ENGINE_OPERATORS_IMAGE_H

#include <stdint.h>

#define OPERATORS_MAGIC 0x504F5745u /* "EWOP" as bytes */
#define OPERATORS_VERSION 1u

struct OperatorImage {
  uint32_t magic;
  uint32_t version;
  uint32_t bytes; /* of the whole image */
  uint32_t num_cases;
  uint32_t cases_offset;   /* [num_cases] struct OperatorCase */
  uint32_t reports_offset; /* [num_cases] struct OperatorReport */
  uint32_t reserved[10];
};

/* One job and what it must give. */
struct OperatorCase {
  uint32_t type;    /* ATTENTION_ENGINE_TYPE_* */
  uint32_t rows;    /* of the result */
  uint32_t columns; /* depth, head_dim */
  uint32_t outputs; /* GEMM; keys of a selection */
  uint32_t in;      /* offset, as the next four */
  uint32_t weight;
  uint32_t bias; /* 0: none */
  uint32_t map;  /* 0: none */
  uint32_t masks;
  uint32_t in_stride; /* bytes, as the next two */
  uint32_t weight_stride;
  uint32_t out_stride;
  uint32_t requant;
  uint32_t numbers; /* GELU: b 15:0, c 31:16; selection: keys kept 15:0, bits 31:16 */
  uint32_t out;     /* offset */
  uint32_t golden;  /* offset: as large as the result, with the same gaps */
};

struct OperatorReport {
  uint32_t is_done;
  uint32_t error;     /* enum EngineErrorCode */
  uint32_t differing; /* words that differ from the golden ones */
  uint32_t cycles;    /* of the engine */
};

/* What the program returns; it prints the reason with it. */
enum OperatorExit { kOperatorsWrongImage = 10 };

#endif
