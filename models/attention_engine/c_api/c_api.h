// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Patterns, maps, planner, twin and datapath of the attention engine as a shared library with a C
/// interface, for Python (sw/attention_engine/patterns.py). Functions that can fail return null or
/// a value other than 0; attention_engine_error() then says why. Maps belong to the caller.
#ifdef __cplusplus
extern "C" {
#endif

// NOLINTBEGIN(modernize-use-using): C
typedef struct AttentionMap AttentionMap;

typedef struct {
  uint32_t queries;
  uint32_t keys;
  uint32_t tile;
} AttentionShape;

/// As Pattern in pattern.h.
typedef struct {
  uint32_t window;
  uint32_t dilation;
  uint32_t global_tokens;
  uint32_t random_tiles;
  uint64_t seed;
  uint32_t block;
  uint32_t summary;
} AttentionPattern;

/// Sizes of a map and of what attention_map_read() and attention_map_encode() fill.
typedef struct {
  uint32_t rows;
  uint32_t columns;
  uint64_t tiles;
  uint64_t full_tiles;
  uint64_t partial_tiles;
  uint64_t pairs;
  uint64_t column_runs;
  uint32_t masks;
  uint32_t masked_rows;
  uint32_t longest_row;
  uint32_t longest_row_pair;
} AttentionSummary;

/// Engine: a preset, with `score_entries` and `mrf_tiles` instead of its own unless negative.
typedef struct {
  const char* preset;
  int64_t score_entries;
  int64_t mrf_tiles;
  uint32_t head_dim;
  uint32_t heads;
  int32_t is_packed;
  int32_t may_use_online;
  int32_t is_unlimited;
  const char* policy;  ///< null: the first that fits
} AttentionJobRequest;

/// What planner and twin say about a job.
typedef struct {
  const char* policy;
  uint32_t entries[16];  ///< high-water mark of each memory id
  int32_t keeps_kv;
  uint64_t cycles;
  uint64_t score_cycles;
  uint64_t softmax_cycles;
  uint64_t context_cycles;
  uint64_t scan_cycles;
  uint64_t kv_bytes;
  uint64_t spill_bytes;
  uint64_t operand_bytes;
  uint64_t issued_macs;
  uint64_t useful_macs;
} AttentionEstimate;

/// Requantisation of logits and of results, and what queries without keys give (0 zero, 1 uniform,
/// 2 nan).
typedef struct {
  uint16_t qk_mult;
  uint16_t av_mult;
  uint8_t qk_shift;
  uint8_t av_shift;
  int32_t qk_add;
  int32_t av_add;
  int32_t masked_rows;
} AttentionConstants;
// NOLINTEND(modernize-use-using)

/// Why the last call of this thread failed.
const char* attention_engine_error(void);

AttentionMap* attention_map_of_pattern(const char* kind, const AttentionPattern* pattern,
                                       const AttentionShape* shape, uint32_t head);
/// `bytes`: a token bitmap file; its queries and keys are those of the map.
AttentionMap* attention_map_of_bitmap(const uint8_t* bytes, size_t size, uint32_t tile);
/// An explicit map as it lies in memory; `is_bitmap`: bitmap format, otherwise block-sparse rows.
AttentionMap* attention_map_decode(const AttentionShape* shape, int32_t is_bitmap,
                                   const uint8_t* index, size_t index_size, const uint8_t* masks,
                                   size_t masks_size);
/// Keys chosen by low-bit products; `tiles`: whole tiles, `count` of them for each tile row.
AttentionMap* attention_map_of_top(const AttentionShape* shape, const int8_t* q, const int8_t* k,
                                   uint32_t head_dim, uint32_t count, uint32_t bits, int32_t tiles);
void attention_map_free(AttentionMap* map);

void attention_map_summary(const AttentionMap* map, AttentionSummary* summary);
/// row_begin[rows + 1], columns, masks (0xFFFF: full) and pairs of each tile.
void attention_map_read(const AttentionMap* map, uint32_t* row_begin, uint16_t* columns,
                        uint16_t* masks, uint32_t* pairs);
/// The token mask, [queries][keys], 1 where a pair is allowed.
void attention_map_tokens(const AttentionMap* map, uint8_t* allowed);
/// Writes the map as it lies in memory and its masks; a null buffer is left out. Returns the bytes
/// of the map itself in *index_size and of the masks in *masks_size.
void attention_map_encode(const AttentionMap* map, int32_t is_bitmap, uint8_t* index,
                          size_t* index_size, uint8_t* masks, size_t* masks_size);

int32_t attention_estimate(const AttentionMap* map, const AttentionJobRequest* request,
                           AttentionEstimate* estimate);
/// q: [queries][head_dim], k, v: [keys][head_dim], out: [queries][head_dim], without gaps. Computed
/// under `policy`, packed or not.
int32_t attention_attend(const AttentionMap* map, const int8_t* q, const int8_t* k, const int8_t* v,
                         uint32_t head_dim, const AttentionConstants* constants, const char* policy,
                         int32_t is_packed, int8_t* out);

/// Lengths of `count` sequences as random_lengths() in batch_schedule.h draws them.
int32_t attention_random_lengths(uint32_t count, double mean, uint32_t max, uint32_t seed,
                                 uint32_t* lengths);

#ifdef __cplusplus
}
#endif
