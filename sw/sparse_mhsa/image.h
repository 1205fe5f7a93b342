/* SPDX-License-Identifier: Apache-2.0
 * The workload image of sparse_mhsa and batch_mhsa, as scripts/make_attention_workload.py builds it
 * and the platform loads it to WORKLOAD_ADDRESS. Words are little-endian; offsets are from the
 * start. */
#ifndef SW_SPARSE_MHSA_IMAGE_H
#define SW_SPARSE_MHSA_IMAGE_H

#include <stdint.h>

#include "firmware/drivers/attention_engine.h"

#define SPARSE_MAGIC 0x4D485053u /* "SPHM" as bytes */
#define SPARSE_VERSION 1u
#define SPARSE_MAX_JOBS 1024u
#define SPARSE_POLICY_ITA 0x100u

struct SparseImage {
  uint32_t magic;
  uint32_t version;
  uint32_t bytes; /* of the whole image */
  uint32_t num_jobs;
  uint32_t jobs_offset;    /* [num_jobs] struct EngineDescriptor whose addresses are offsets */
  uint32_t scratch_offset; /* for scores that do not fit the engine */
  uint32_t scratch_bytes;
  uint32_t report_offset; /* struct SparseReport */
  uint32_t padded_offset; /* batch_mhsa: the same jobs, padded to the longest; else 0 */
  uint32_t ita_offset;    /* [num_jobs] uint32_t: V^T of a job that ITAs may compute; 0: none.
                           * 0 here: all jobs go to the engine */
  uint32_t reserved[6];
};

/* V^T of a job for ITAs, as their own V phase leaves it: for each head and each 64 keys a tile
 * [64 of d][64 of the keys], heads and tiles one after the other. */

/* What became of a job. */
struct SparseJobReport {
  uint32_t error;  /* enum EngineErrorCode */
  uint32_t policy; /* enum EnginePolicy of the last attempt, or SPARSE_POLICY_ITA */
  uint32_t cycles; /* of the engine */
  uint32_t attempts;
};

struct SparseReport {
  uint32_t is_complete;   /* 1 once all results are written */
  uint32_t cycles;        /* of the harts, all jobs together */
  uint32_t padded_cycles; /* batch_mhsa: the same for the padded jobs */
  uint32_t reserved;
  struct SparseJobReport jobs[]; /* [num_jobs] */
};

/* What the programs return; they print the reason with it. */
enum SparseExit {
  kSparseDone = 0,
  kSparseWrongMagic = 10,
  kSparseWrongVersion = 11,
  kSparseWrongSize = 12, /* of the image, or an offset that does not fit it */
  kSparseFailed = 17,    /* a job ended with an error that no other policy cures */
};

#endif
