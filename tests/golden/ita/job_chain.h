// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/base/units.h"
#include "models/ita/layer.h"
#include "models/ita/tile_job.h"
#include "models/tlm/clock_domain.h"
#include "tests/support/bus_initiator.h"
#include "tests/support/flat_memory.h"

namespace tessera::test {

/// A matrix in memory, cut into row-major tiles of 64 x 64 that follow each other row-major.
struct TiledMatrix {
  std::uint32_t address = 0;
  std::uint32_t row_tiles = 0;
  std::uint32_t column_tiles = 0;

  std::uint32_t tile(std::uint32_t row, std::uint32_t column) const {
    return address + (row * column_tiles + column) * 4096;
  }
  /// One row of tiles.
  TiledMatrix row(std::uint32_t index) const { return {tile(index, 0), 1, column_tiles}; }
};

/// Puts matrices and biases one after another into a memory, as the job interface wants them.
class JobMemory {
 public:
  JobMemory(std::uint32_t base, std::size_t bytes) : bytes_(base, bytes), next_(base) {}

  FlatMemory& bytes() { return bytes_; }
  /// Room for [rows][columns] int8; multiples of 64.
  TiledMatrix reserve(std::size_t rows, std::size_t columns);
  TiledMatrix put(const std::vector<std::int8_t>& matrix, std::size_t rows, std::size_t columns);
  /// Address of 24-bit values.
  std::uint32_t put_bias(const std::vector<std::int32_t>& bias);
  /// Row-major [rows][columns].
  std::vector<std::int8_t> get(const TiledMatrix& matrix);

 private:
  FlatMemory bytes_;
  std::uint32_t next_;
};

/// The jobs of one layer in the order in which the hardware's tile counters expect them.
class JobChain {
 public:
  struct Phase {
    TiledMatrix input;    ///< streamed
    TiledMatrix weights;  ///< stationary, transposed
    TiledMatrix output;
    std::uint32_t bias = 0;  ///< 0: none
    bool is_bias_per_row = false;
    ita::Activation activation{};
  };

  JobChain(ita::Layer layer, const ita::TileCounts& tiles,
           const std::array<ita::Requant, ita::kNumConstants>& requant);
  /// Appends the jobs of a phase.
  void add(const Phase& phase);
  /// Registers of all jobs, with preload and next-load flags.
  std::vector<ita::JobContext> jobs() const;

 private:
  ita::JobContext common_;
  std::vector<ita::JobContext> jobs_;
};

/// Where the matrices of a head lie.
struct HeadImage {
  HeadImage(JobMemory& memory, const ita::HeadOperands& head);

  ita::TileCounts tiles;
  TiledMatrix query, key, wq, wk, wv, wo;              ///< operands
  TiledMatrix q, k, v_transposed, logits, av, output;  ///< results
  std::uint32_t bq, bk, bv, bo;
};

/// The jobs of a whole head (layer Attention).
std::vector<ita::JobContext> attention_jobs(const HeadImage& image, const ita::HeadOperands& head);

/// Software's side of the job interface: acquires, programs and triggers job after job, polling in
/// local time ahead of the kernel.
class JobDriver {
 public:
  /// `bus` is bound to the device.
  JobDriver(BusInitiator& bus, const ClockDomain& clock) : bus_(bus), clock_(clock) {}

  /// Runs `jobs` from cycle() on. Returns the cycles from the first trigger until STATUS is 0.
  Cycles run(const std::vector<ita::JobContext>& jobs);
  /// Writes the job registers of the acquired context.
  void program(const ita::JobContext& job);
  /// Local time; every register access takes one cycle.
  Cycles cycle() const { return cycle_; }
  void wait(Cycles cycles) { cycle_ += cycles; }
  std::uint32_t read(std::uint32_t offset);
  void write(std::uint32_t offset, std::uint32_t value);

 private:
  BusInitiator& bus_;
  const ClockDomain& clock_;
  Cycles cycle_ = 0;
};

}  // namespace tessera::test
