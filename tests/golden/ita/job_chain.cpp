// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/ita/job_chain.h"

#include <stdexcept>

#include "models/ita/job_interface_regs.h"

namespace tessera::test {

namespace {

constexpr std::size_t kTile = ita::kTileSize;

std::uint32_t word_of(std::size_t first, const std::array<ita::Requant, ita::kNumConstants>& table,
                      std::uint32_t (*part)(const ita::Requant&)) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    word |= (part(table[first + i]) & 0xFFu) << (8 * i);
  }
  return word;
}

}  // namespace

TiledMatrix JobMemory::reserve(std::size_t rows, std::size_t columns) {
  if (rows % kTile != 0 || columns % kTile != 0) {
    throw std::runtime_error("the job interface needs multiples of 64");
  }
  const TiledMatrix matrix{next_, static_cast<std::uint32_t>(rows / kTile),
                           static_cast<std::uint32_t>(columns / kTile)};
  next_ += static_cast<std::uint32_t>(rows * columns);
  return matrix;
}

TiledMatrix JobMemory::put(const std::vector<std::int8_t>& matrix, std::size_t rows,
                           std::size_t columns) {
  const TiledMatrix place = reserve(rows, columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; c += kTile) {
      const auto tile =
          place.tile(static_cast<std::uint32_t>(r / kTile), static_cast<std::uint32_t>(c / kTile));
      bytes_.write(tile + static_cast<std::uint32_t>(r % kTile * kTile), &matrix[r * columns + c],
                   kTile);
    }
  }
  return place;
}

std::uint32_t JobMemory::put_bias(const std::vector<std::int32_t>& bias) {
  const std::uint32_t address = next_;
  for (const std::int32_t value : bias) {
    bytes_.write(next_, &value, 3);  // the host is little-endian, as the guest
    next_ += 3;
  }
  return address;
}

std::vector<std::int8_t> JobMemory::get(const TiledMatrix& matrix) {
  const std::size_t rows = matrix.row_tiles * kTile;
  const std::size_t columns = matrix.column_tiles * kTile;
  std::vector<std::int8_t> values(rows * columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; c += kTile) {
      const auto tile =
          matrix.tile(static_cast<std::uint32_t>(r / kTile), static_cast<std::uint32_t>(c / kTile));
      bytes_.read(tile + static_cast<std::uint32_t>(r % kTile * kTile), &values[r * columns + c],
                  kTile);
    }
  }
  return values;
}

JobChain::JobChain(ita::Layer layer, const ita::TileCounts& tiles,
                   const std::array<ita::Requant, ita::kNumConstants>& requant) {
  common_.at(ITA_JOB_TILES) = tiles.s << ITA_JOB_TILES_S_SHIFT | tiles.e << ITA_JOB_TILES_E_SHIFT |
                              tiles.p << ITA_JOB_TILES_P_SHIFT | tiles.f << ITA_JOB_TILES_F_SHIFT;
  const auto mult = [](const ita::Requant& r) { return std::uint32_t{r.mult}; };
  const auto shift = [](const ita::Requant& r) { return std::uint32_t{r.shift}; };
  const auto add = [](const ita::Requant& r) { return static_cast<std::uint32_t>(r.add); };
  for (std::uint32_t half = 0; half < 2; ++half) {
    common_.at(ITA_JOB_EPS_MULT0 + 4 * half) = word_of(4 * half, requant, mult);
    common_.at(ITA_JOB_RIGHT_SHIFT0 + 4 * half) = word_of(4 * half, requant, shift);
    common_.at(ITA_JOB_ADD0 + 4 * half) = word_of(4 * half, requant, add);
  }
  common_.at(ITA_JOB_CTRL_ENGINE) = static_cast<std::uint32_t>(layer);
}

void JobChain::add(const Phase& phase) {
  const std::uint32_t depth = phase.input.column_tiles;
  const ita::Activation& activation = phase.activation;
  for (std::uint32_t y = 0; y < phase.output.row_tiles; ++y) {
    for (std::uint32_t x = 0; x < phase.output.column_tiles; ++x) {
      for (std::uint32_t inner = 0; inner < depth; ++inner) {
        ita::JobContext job = common_;
        job.at(ITA_JOB_INPUT_PTR) = phase.input.tile(y, inner);
        job.at(ITA_JOB_WEIGHT_PTR0) = phase.weights.tile(x, inner);
        job.at(ITA_JOB_OUTPUT_PTR) = phase.output.tile(y, x);
        job.at(ITA_JOB_BIAS_PTR) =
            phase.bias + (phase.is_bias_per_row ? y : x) * ita::kTileSize * 3;
        job.at(ITA_JOB_CTRL_ENGINE) |= static_cast<std::uint32_t>(activation.kind)
                                       << ITA_JOB_ACTIVATION_SHIFT;
        job.at(ITA_JOB_GELU_B_C) = static_cast<std::uint16_t>(activation.gelu_b) |
                                   static_cast<std::uint32_t>(activation.gelu_c) << 16;
        job.at(ITA_JOB_ACTIVATION_REQUANT) =
            activation.requant.mult | std::uint32_t{activation.requant.shift} << 8 |
            (static_cast<std::uint32_t>(activation.requant.add) & 0xFFu) << 16;
        job.at(ITA_JOB_CTRL_STREAM) = (phase.bias == 0 ? ITA_JOB_BIAS_DISABLE : 0) |
                                      (phase.is_bias_per_row ? ITA_JOB_BIAS_PER_ROW : 0) |
                                      (inner + 1 < depth ? ITA_JOB_OUTPUT_DISABLE : 0);
        jobs_.push_back(job);
      }
    }
  }
}

std::vector<ita::JobContext> JobChain::jobs() const {
  std::vector<ita::JobContext> jobs = jobs_;
  jobs.front().at(ITA_JOB_CTRL_STREAM) |= ITA_JOB_WEIGHT_PRELOAD;
  for (std::size_t i = 0; i + 1 < jobs.size(); ++i) {
    jobs[i].at(ITA_JOB_CTRL_STREAM) |= ITA_JOB_WEIGHT_NEXTLOAD;
    jobs[i].at(ITA_JOB_WEIGHT_PTR1) = jobs[i + 1].at(ITA_JOB_WEIGHT_PTR0);
  }
  return jobs;
}

HeadImage::HeadImage(JobMemory& memory, const ita::HeadOperands& head) {
  const auto [s, e, p] = head.shape;
  query = memory.put(head.q, s, e);
  key = memory.put(head.k, s, e);
  wq = memory.put(head.wq_transposed, p, e);
  wk = memory.put(head.wk_transposed, p, e);
  wv = memory.put(head.wv_transposed, p, e);
  wo = memory.put(head.wo_transposed, e, p);
  q = memory.reserve(s, p);
  k = memory.reserve(s, p);
  v_transposed = memory.reserve(p, s);
  logits = memory.reserve(s, s);
  av = memory.reserve(s, p);
  output = memory.reserve(s, e);
  bq = memory.put_bias(head.bq);
  bk = memory.put_bias(head.bk);
  bv = memory.put_bias(head.bv);
  bo = memory.put_bias(head.bo);
  tiles = {query.row_tiles, query.column_tiles, wq.row_tiles, 1};
}

std::vector<ita::JobContext> attention_jobs(const HeadImage& image, const ita::HeadOperands& head) {
  JobChain chain(ita::Layer::kAttention, image.tiles, head.requant);
  chain.add({image.query, image.wq, image.q, image.bq});
  chain.add({image.key, image.wk, image.k, image.bk});
  chain.add({image.wv, image.key, image.v_transposed, image.bv, true});
  for (std::uint32_t i = 0; i < image.tiles.s; ++i) {
    chain.add({image.q.row(i), image.k, image.logits.row(i)});
    chain.add({image.logits.row(i), image.v_transposed, image.av.row(i)});
  }
  chain.add({image.av, image.wo, image.output, image.bo});
  return chain.jobs();
}

std::uint32_t JobDriver::read(std::uint32_t offset) {
  bus_.delay = clock_.time(cycle_++) - sc_core::sc_time_stamp();
  return bus_.read(offset);
}

void JobDriver::write(std::uint32_t offset, std::uint32_t value) {
  bus_.delay = clock_.time(cycle_++) - sc_core::sc_time_stamp();
  bus_.write(offset, value);
}

void JobDriver::program(const ita::JobContext& job) {
  for (std::uint32_t offset = ITA_JOB_INPUT_PTR; offset <= ITA_JOB_ACTIVATION_REQUANT;
       offset += 4) {
    write(offset, job.at(offset));
  }
}

Cycles JobDriver::run(const std::vector<ita::JobContext>& jobs) {
  Cycles first_trigger = 0;
  for (const ita::JobContext& job : jobs) {
    while (read(ITA_JOB_ACQUIRE) == ITA_JOB_ACQUIRE_FULL) {
    }
    program(job);
    first_trigger = &job == &jobs.front() ? cycle_ : first_trigger;
    write(ITA_JOB_TRIGGER, 0);
  }
  while (read(ITA_JOB_STATUS) != 0) {
  }
  return cycle_ - 1 - first_trigger;  // the read that saw 0 happened at cycle_ - 1
}

}  // namespace tessera::test
