// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/gemm_program.h"

#include <algorithm>
#include <numeric>

namespace tessera::attention_engine {

std::uint32_t GemmProgram::block_rows(const EngineParameters& engine, const GemmJob& job) {
  const std::uint32_t parts = divide_up(job.a.row_bytes, engine.native_dim);
  const std::uint32_t outputs = job.weights->shape.rows();
  const bool has_bias = job.bias == 0 || engine.entries_of(MemoryId::kAddSubVrf0) >= outputs;
  if (!has_bias || engine.entries_of(MemoryId::kMrf) < 2) {
    return 0;
  }
  return std::min(rows_per_block(engine, engine.entries_of(MemoryId::kMvmInitialVrf), 0, parts,
                                 std::gcd(job.a.stride, job.out.stride)),
                  engine.entries_of(MemoryId::kAccVrf));
}

GemmProgram::GemmProgram(const EngineParameters& engine, const GemmJob& job,
                         std::vector<std::uint32_t>& tile_list)
    : engine_(engine),
      job_(job),
      map_(*job.weights),
      tile_list_(tile_list),
      parts_(divide_up(job.a.row_bytes, engine.native_dim)),
      block_(block_rows(engine, job)),
      keeps_weights_(map_.tiles.size() <= engine.entries_of(MemoryId::kMrf)) {
  count_tiles();
}

void GemmProgram::count_tiles() {
  const MapSummary summary = summarise(map_);
  counters_.tiles_full = summary.full_tiles;
  counters_.tiles_partial = summary.partial_tiles;
  counters_.tiles_skipped = summary.skipped_tiles;
  counters_.masked_elements = summary.masked_elements;
  counters_.useful_macs = summary.pairs * job_.rows;
}

bool GemmProgram::write_more() {
  if (first_ == job_.rows) {
    return false;
  }
  if (output_row_ == 0) {
    count_ = std::min(block_, job_.rows - first_);
    if (first_ == 0 && job_.bias != 0) {
      load_bias();
    }
    load_rows();
  }
  write_output_row();
  if (++output_row_ == map_.shape.rows()) {
    output_row_ = 0;
    first_ += count_;
    entry_ = entry_ == 0 ? block_ * parts_ : 0;
  }
  return true;
}

void GemmProgram::load_bias() {
  writer_.set(ScalarRegister::kIterations, 1);
  writer_.set(ScalarRegister::kRowBytes, map_.shape.queries * kBytesOfSum);
  writer_.set(ScalarRegister::kStrideRow, 0);
  writer_.read(MemoryId::kL2, job_.bias).write(MemoryId::kAddSubVrf0, 0, map_.shape.rows()).end();
}

void GemmProgram::load_rows() {
  writer_.set(ScalarRegister::kIterations, count_);
  writer_.set(ScalarRegister::kRowBytes, job_.a.row_bytes);
  writer_.set(ScalarRegister::kStrideRow, job_.a.stride);
  writer_.read(MemoryId::kL2, job_.a.address + first_ * job_.a.stride)
      .write(MemoryId::kMvmInitialVrf, entry_, count_ * parts_)
      .end();
}

void GemmProgram::load_tiles(const TileRow& tiles, std::uint32_t first, std::uint32_t count,
                             std::uint32_t entry) {
  const std::uint32_t tile = map_.shape.tile;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t column = tiles[first + i].column;
    writer_.set(ScalarRegister::kIterations, map_.shape.queries_in(output_row_));
    writer_.set(ScalarRegister::kRowBytes, map_.shape.keys_in(column));
    writer_.set(ScalarRegister::kStrideRow, job_.w.stride);
    writer_
        .read_matrix(job_.w.address + output_row_ * tile * job_.w.stride + column * tile,
                     first_ > 0 ? kFlagRefetch : std::uint8_t{0})
        .write_matrix(entry + i)
        .end();
  }
}

void GemmProgram::write_output_row() {
  const TileRow tiles = map_.row(output_row_);
  writer_.apply(Opcode::kWalk, MemoryId::kL2, map_.shape.columns(), tiles.size());
  if (tiles.size() == 0) {  // the bias alone
    writer_.set(ScalarRegister::kIterations, count_);
    set_output_rows();
    end_output(writer_.read(MemoryId::kAccVrf, 0, count_));
    return;
  }
  if (keeps_weights_) {
    const std::uint32_t entry = map_.row_begin[output_row_];
    if (first_ == 0) {
      load_tiles(tiles, 0, tiles.size(), entry);
    }
    product_chain(tiles, 0, tiles.size(), entry);
    return;
  }
  const std::uint32_t half = engine_.entries_of(MemoryId::kMrf) / 2;
  for (std::uint32_t first = 0; first < tiles.size(); first += half) {
    const std::uint32_t count = std::min(half, tiles.size() - first);
    const std::uint32_t entry = next_half_ * half;
    next_half_ = 1 - next_half_;
    load_tiles(tiles, first, count, entry);
    product_chain(tiles, first, count, entry);
  }
}

/// Products with tiles first .. first+count-1 of the output row, which are in the MRF from `entry`.
void GemmProgram::product_chain(const TileRow& tiles, std::uint32_t first, std::uint32_t count,
                                std::uint32_t entry) {
  const bool is_last = first + count == tiles.size();
  writer_.set(ScalarRegister::kListBase, list_end_);
  writer_.set(ScalarRegister::kListLength, count);
  for (std::uint32_t i = 0; i < count; ++i) {
    tile_list_[list_end_] = entry + i;
    list_end_ = (list_end_ + 1) % static_cast<std::uint32_t>(tile_list_.size());
  }
  writer_.set(ScalarRegister::kIterations, count_);
  writer_.set(ScalarRegister::kRows, 1);
  writer_.set(ScalarRegister::kColumns, count);
  writer_.set(ScalarRegister::kVectorLength, std::min(job_.a.row_bytes, engine_.native_dim));
  if (is_last) {
    set_output_rows();
  }
  ChainWriter& chain =
      writer_.read(MemoryId::kMvmInitialVrf, entry_, count_ * parts_)
          .multiply(0,
                    static_cast<std::uint8_t>(kFlagIndirect | (first > 0 ? kFlagAccumulate : 0)));
  if (is_last) {
    end_output(chain);
  } else {
    chain.write(MemoryId::kAccVrf, 0, count_).end();
  }
}

void GemmProgram::set_output_rows() {
  writer_.set(ScalarRegister::kRowBytes, map_.shape.queries_in(output_row_));
  writer_.set(ScalarRegister::kStrideRow, job_.out.stride);
}

/// Bias, requantiser, and one native vector of each row of the block to L2.
void GemmProgram::end_output(ChainWriter& chain) {
  if (job_.bias != 0) {
    chain.apply(Opcode::kAdd, MemoryId::kAddSubVrf0, output_row_, 1);
  }
  chain.apply(Opcode::kRequantise);
  chain
      .write(MemoryId::kL2,
             job_.out.address + first_ * job_.out.stride + output_row_ * map_.shape.tile)
      .end();
}

}  // namespace tessera::attention_engine
