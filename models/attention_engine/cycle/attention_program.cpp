// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/attention_program.h"

#include <algorithm>

namespace tessera::attention_engine {

AttentionProgram::AttentionProgram(const EngineParameters& engine, const AttentionJob& job,
                                   std::vector<std::uint32_t>& tile_list)
    : engine_(engine),
      job_(job),
      map_(*job.map),
      layout_(map_, job.plan),
      parts_((job.head_dim + engine.native_dim - 1) / engine.native_dim),
      rows_(map_.shape.rows() * job.heads),
      scores_(engine.entries_of(MemoryId::kScoreVrf) == 0 ? MemoryId::kMvmInitialVrf
                                                          : MemoryId::kScoreVrf),
      tile_list_(tile_list),
      matrices_(engine.entries_of(MemoryId::kMrf), parts_, map_.shape.columns(),
                job.plan.keeps_kv) {
  if (job.has_kv) {
    for (std::uint32_t column = 0; column < map_.shape.columns(); ++column) {
      matrices_.use(MatrixKind::kKey, 0, column);
      matrices_.use(MatrixKind::kValue, 0, column);
    }
  }
}

AttentionProgram::Row AttentionProgram::row_at(std::uint32_t number) const {
  return {number / map_.shape.rows(), number % map_.shape.rows(), number};
}

std::uint32_t AttentionProgram::rows_ahead() const {
  if (!engine_.mechanisms.overlaps_rows) {
    return 0;
  }
  switch (job_.plan.policy) {
    case Policy::kResident:
      return 2;  // so that the MVU has work while a row leaves the softmax unit
    case Policy::kOverlapped:
      return 1;
    default:
      return 0;
  }
}

bool AttentionProgram::write_more() {
  const Policy policy = job_.plan.policy;
  const std::uint32_t ahead = rows_ahead();
  if (next_row_ == rows_ + ahead) {
    return false;
  }
  const std::uint32_t number = next_row_++;
  const bool is_by_tile = policy == Policy::kOnline || policy == Policy::kSpill;
  if (number < rows_) {
    const Row row = row_at(number);
    count(row);
    load_queries(row);
    if (policy == Policy::kOnline) {
      write_online(row);
    } else if (policy == Policy::kSpill) {
      write_spill(row);
    } else {
      write_scores(row);
      write_softmax(row);
    }
  }
  if (!is_by_tile && number >= ahead) {
    write_context(row_at(number - ahead));
  }
  return true;
}

void AttentionProgram::count(const Row& row) {
  const TileRow tiles = map_.row(row.index);
  for (const TileEntry& tile : tiles) {
    const std::uint64_t existing = std::uint64_t{queries(row)} * map_.shape.keys_in(tile.column);
    ++(tile.is_partial() ? counters_.tiles_partial : counters_.tiles_full);
    counters_.masked_elements += existing - tile.pairs;
    counters_.useful_macs += 2 * std::uint64_t{job_.head_dim} * tile.pairs;
  }
  counters_.tiles_skipped += map_.shape.columns() - tiles.size();
  writer_.apply(Opcode::kWalk, MemoryId::kL2, map_.shape.columns(), tiles.size());
}

std::uint32_t AttentionProgram::query_entry(const Row& row) const {
  return row.number % 2 * map_.shape.tile * parts_;
}

std::uint32_t AttentionProgram::score_entry(const Row& row, std::uint32_t tile) const {
  std::uint64_t entry = layout_.entry(row.index, tile);
  if (job_.plan.policy == Policy::kResident) {
    entry += row.head % job_.plan.resident_heads * layout_.entries();
  }
  // A register file that holds scores and queries has the queries at its start.
  const std::uint32_t queries = 2 * map_.shape.tile * parts_;
  return static_cast<std::uint32_t>(entry) + (scores_ == MemoryId::kScoreVrf ? 0 : queries);
}

void AttentionProgram::list(std::uint32_t entry) {
  tile_list_[list_end_] = entry;
  list_end_ = (list_end_ + 1) % static_cast<std::uint32_t>(tile_list_.size());
}

void AttentionProgram::load_queries(const Row& row) {
  if (map_.row(row.index).size() == 0) {
    return;
  }
  writer_.set(ScalarRegister::kIterations, queries(row));
  writer_.set(ScalarRegister::kRowBytes, job_.head_dim);
  writer_.set(ScalarRegister::kStrideRow, job_.row_stride);
  writer_.read(MemoryId::kL2, address_of(job_.q, row, row.index * map_.shape.tile))
      .write(MemoryId::kMvmInitialVrf, query_entry(row), queries(row) * parts_)
      .end();
}

void AttentionProgram::load_matrices(MatrixKind kind, const Row& row, std::uint32_t first,
                                     std::uint32_t count) {
  const TileRow tiles = map_.row(row.index);
  for (std::uint32_t i = first; i < first + count; ++i) {
    const std::uint32_t column = tiles[i].column;
    const MatrixStore::Place place = matrices_.use(kind, row.head, column);
    if (!place.is_there) {
      const std::uint32_t base = kind == MatrixKind::kKey ? job_.k : job_.v;
      writer_.set(ScalarRegister::kIterations, map_.shape.keys_in(column));
      writer_.set(ScalarRegister::kRowBytes, job_.head_dim);
      writer_.set(ScalarRegister::kStrideRow, job_.row_stride);
      const std::uint8_t flags =
          static_cast<std::uint8_t>((kind == MatrixKind::kValue ? kFlagTranspose : 0) |
                                    (place.has_been_there ? kFlagRefetch : 0));
      writer_.read_matrix(address_of(base, row, column * map_.shape.tile), flags)
          .write_matrix(place.entry, parts_)
          .end();
    }
  }
}

void AttentionProgram::score_chain(const Row& row, std::uint32_t first, std::uint32_t count) {
  const TileRow tiles = map_.row(row.index);
  load_matrices(MatrixKind::kKey, row, first, count);
  writer_.set(ScalarRegister::kListBase, list_end_);
  writer_.set(ScalarRegister::kListLength, count * parts_);
  std::uint32_t masks = 0;
  for (std::uint32_t i = first; i < first + count; ++i) {
    const std::uint32_t entry = matrices_.use(MatrixKind::kKey, row.head, tiles[i].column).entry;
    for (std::uint32_t part = 0; part < parts_; ++part) {
      list(entry + part);
    }
    masks += tiles[i].is_partial() ? 1 : 0;
  }
  writer_.set(ScalarRegister::kIterations, queries(row));
  writer_.set(ScalarRegister::kRows, count);
  writer_.set(ScalarRegister::kColumns, parts_);
  writer_.set(ScalarRegister::kVectorLength, std::min(job_.head_dim, engine_.native_dim));
  ChainWriter& chain =
      writer_.read(MemoryId::kMvmInitialVrf, query_entry(row), queries(row) * parts_)
          .multiply(0, kFlagIndirect)
          .apply(Opcode::kRequantise);
  if (masks > 0) {
    chain.apply(Opcode::kMask, MemoryId::kMaskRam, 0, masks);
  }
  // With holes between them the tiles of the chain span more entries than they fill.
  const std::uint32_t begin = score_entry(row, first);
  const std::uint32_t end = score_entry(row, first + count - 1) + map_.shape.tile;
  chain.write(scores_, begin, end - begin).end();
}

void AttentionProgram::write_scores(const Row& row) {
  const std::uint32_t tiles = map_.row(row.index).size();
  // Without lists a chain takes one tile; with few places in the MRF, what fits beside V.
  std::uint32_t group = engine_.mechanisms.has_indirect ? engine_.engines : 1;
  if (!job_.plan.keeps_kv) {
    group = std::max(1u, std::min(group, engine_.entries_of(MemoryId::kMrf) / parts_ / 2));
  }
  for (std::uint32_t first = 0; first < tiles; first += group) {
    score_chain(row, first, std::min(group, tiles - first));
  }
}

void AttentionProgram::softmax_chain(const Row& row, std::uint32_t tile, bool finds_sums,
                                     bool normalises, bool is_last) {
  const std::uint32_t entry = score_entry(row, tile);
  const std::uint32_t count = map_.shape.tile;
  writer_.set(ScalarRegister::kIterations, queries(row));
  writer_.set(ScalarRegister::kColumns, 1);
  const std::uint8_t flags = is_last ? kFlagLast : std::uint8_t{0};
  writer_.read(scores_, entry, count);
  if (finds_sums) {
    writer_.apply(Opcode::kSoftmaxAccumulate, MemoryId::kSmxRf, 0, 0, flags);
  }
  if (normalises) {
    writer_.apply(Opcode::kSoftmaxFinish, MemoryId::kSmxRf, 0, 0,
                  finds_sums ? flags : std::uint8_t{0});
  }
  writer_.write(scores_, entry, count).end();
}

void AttentionProgram::write_softmax(const Row& row) {
  const std::uint32_t tiles = map_.row(row.index).size();
  if (tiles == 0) {
    return;
  }
  const std::uint32_t begin = score_entry(row, 0);
  const std::uint32_t count = score_entry(row, tiles - 1) + map_.shape.tile - begin;
  writer_.set(ScalarRegister::kIterations, queries(row));
  writer_.set(ScalarRegister::kColumns, tiles);
  writer_.read(scores_, begin, count)
      .apply(Opcode::kSoftmaxAccumulate)
      .apply(Opcode::kSoftmaxFinish, MemoryId::kSmxRf, 0, 0, kFlagLast)
      .write(scores_, begin, count)
      .end();
}

void AttentionProgram::set_output_rows() {
  writer_.set(ScalarRegister::kRowBytes, job_.head_dim);
  writer_.set(ScalarRegister::kStrideRow, job_.row_stride);
}

void AttentionProgram::context_chain(const Row& row, std::uint32_t first, std::uint32_t count,
                                     bool is_first, bool is_last) {
  const TileRow tiles = map_.row(row.index);
  load_matrices(MatrixKind::kValue, row, first, count);
  const std::uint32_t vectors = queries(row) * parts_;
  // Heads that share the native dimension are multiplied together: each costs its part.
  const std::uint32_t sharing =
      engine_.mechanisms.packs_heads
          ? std::max(1u, std::min(engine_.native_dim / job_.head_dim, job_.heads))
          : 1;
  writer_.set(ScalarRegister::kIterations, queries(row));
  writer_.set(ScalarRegister::kRows, parts_);
  writer_.set(ScalarRegister::kColumns, count);
  writer_.set(ScalarRegister::kVectorLength, (map_.shape.tile + sharing - 1) / sharing);
  const std::uint32_t begin = score_entry(row, first);
  const std::uint32_t end = score_entry(row, first + count - 1) + map_.shape.tile;
  std::uint32_t matrix = 0;
  std::uint8_t flags = kFlagContext;
  if (engine_.mechanisms.has_indirect || parts_ > 1) {
    writer_.set(ScalarRegister::kListBase, list_end_);
    writer_.set(ScalarRegister::kListLength, count * parts_);
    for (std::uint32_t part = 0; part < parts_; ++part) {
      for (std::uint32_t i = first; i < first + count; ++i) {
        list(matrices_.use(MatrixKind::kValue, row.head, tiles[i].column).entry + part);
      }
    }
    flags |= kFlagIndirect;
  } else {
    matrix = matrices_.use(MatrixKind::kValue, row.head, tiles[first].column).entry;
  }
  if (is_last) {
    set_output_rows();
  }
  // Partial sums stay in the accumulators, or, in chains without lists, pass through AddSubVrf_0.
  const bool uses_accumulators = engine_.mechanisms.has_indirect;
  flags |= uses_accumulators && !is_first ? kFlagAccumulate : std::uint8_t{0};
  ChainWriter& chain = writer_.read(scores_, begin, end - begin).multiply(matrix, flags);
  if (!uses_accumulators && !is_first) {
    chain.apply(Opcode::kAdd, MemoryId::kAddSubVrf0, 0, vectors);
  }
  if (is_last) {
    chain.apply(Opcode::kRequantise)
        .write(MemoryId::kL2, address_of(job_.output, row, row.index * map_.shape.tile));
  } else {
    chain.write(uses_accumulators ? MemoryId::kAccVrf : MemoryId::kAddSubVrf0, 0, vectors);
  }
  chain.end();
  ++counters_.context_chains;
}

void AttentionProgram::write_context(const Row& row) {
  const TileRow tiles = map_.row(row.index);
  if (tiles.size() == 0) {  // zeros
    accumulator_chain(row);
    return;
  }
  const bool has_lists = engine_.mechanisms.has_indirect;
  for (std::uint32_t first = 0, count = 0; first < tiles.size(); first += count) {
    count = has_lists && job_.plan.keeps_kv ? tiles.size() : 1;
    if (!has_lists && job_.plan.keeps_kv) {  // a run of neighbours
      while (first + count < tiles.size() &&
             tiles[first + count].column == tiles[first + count - 1].column + 1) {
        ++count;
      }
    }
    context_chain(row, first, count, first == 0, first + count == tiles.size());
  }
}

void AttentionProgram::accumulator_chain(const Row& row) {
  writer_.set(ScalarRegister::kIterations, queries(row));
  set_output_rows();
  writer_.read(MemoryId::kAccVrf, 0, queries(row) * parts_)
      .apply(Opcode::kRequantise)
      .write(MemoryId::kL2, address_of(job_.output, row, row.index * map_.shape.tile))
      .end();
}

void AttentionProgram::rescale_chain(const Row& row) {
  writer_.set(ScalarRegister::kIterations, queries(row));
  writer_.set(ScalarRegister::kColumns, parts_);
  const std::uint32_t vectors = queries(row) * parts_;
  writer_.read(MemoryId::kAccVrf, 0, vectors)
      .apply(Opcode::kSoftmaxFinish)
      .write(MemoryId::kAccVrf, 0, vectors)
      .end();
}

void AttentionProgram::write_online(const Row& row) {
  const std::uint32_t tiles = map_.row(row.index).size();
  // With a third buffer the scores of the next tile come before the context of this one.
  const std::uint32_t ahead = job_.plan.overlaps_tiles ? 1 : 0;
  for (std::uint32_t step = 0; step < tiles + ahead; ++step) {
    if (step < tiles) {
      score_chain(row, step, 1);
      softmax_chain(row, step, true, true, step + 1 == tiles);
    }
    if (step >= ahead) {
      const std::uint32_t tile = step - ahead;
      if (tile > 0) {
        rescale_chain(row);
      }
      context_chain(row, tile, 1, tile == 0, false);
    }
  }
  accumulator_chain(row);
}

void AttentionProgram::scores_to_l2(const Row& row, std::uint32_t tile) {
  writer_.set(ScalarRegister::kIterations, queries(row));
  writer_.set(ScalarRegister::kRowBytes, map_.shape.tile);
  writer_.set(ScalarRegister::kStrideRow, 0);
  writer_.read(scores_, score_entry(row, tile), queries(row))
      .write(MemoryId::kL2, job_.scratch + tile * map_.shape.tile * map_.shape.tile, 0, kFlagSpill)
      .end();
}

void AttentionProgram::scores_from_l2(const Row& row, std::uint32_t tile) {
  writer_.set(ScalarRegister::kIterations, queries(row));
  writer_.set(ScalarRegister::kRowBytes, map_.shape.tile);
  writer_.set(ScalarRegister::kStrideRow, 0);
  writer_
      .read(MemoryId::kL2, job_.scratch + tile * map_.shape.tile * map_.shape.tile, 0, kFlagSpill)
      .write(scores_, score_entry(row, tile), queries(row))
      .end();
}

void AttentionProgram::write_spill(const Row& row) {
  const std::uint32_t tiles = map_.row(row.index).size();
  for (std::uint32_t tile = 0; tile < tiles; ++tile) {
    score_chain(row, tile, 1);
    softmax_chain(row, tile, true, false, tile + 1 == tiles);
    scores_to_l2(row, tile);
  }
  for (std::uint32_t tile = 0; tile < tiles; ++tile) {
    scores_from_l2(row, tile);
    softmax_chain(row, tile, false, true, false);
    context_chain(row, tile, 1, tile == 0, tile + 1 == tiles);
  }
  if (tiles == 0) {
    accumulator_chain(row);
  }
}

}  // namespace tessera::attention_engine
