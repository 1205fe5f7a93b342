// SPDX-License-Identifier: Apache-2.0
#include "models/dma/dma.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "models/dma/dma_regs.h"

namespace tessera {

namespace {
// Source of both: spec/mempool.md section 9, DMA (measured on the RTL's front-end log).
constexpr Cycles kFixedCycles = 24;
constexpr Cycles kCyclesPerBeat = 4;  // the L2 side serves one beat per 4 cycles
constexpr std::uint32_t kUnmappedValue = 0xFFFFFFFFu;
constexpr std::size_t kChunkBytes = 65536;

/// Beats per back-end of the L1 side of a transfer.
class BeatCount {
 public:
  explicit BeatCount(const DmaParameters& parameters)
      : parameters_(parameters),
        share_bytes_(parameters.row_bytes /
                     (parameters.num_groups * parameters.backends_per_group)),
        beats_(std::size_t{parameters.num_groups} * parameters.backends_per_group) {}

  void add(std::uint64_t address, std::uint64_t bytes) {
    // What leaves L1 is never moved.
    const std::uint64_t end = std::min<std::uint64_t>(address + bytes, parameters_.l1_bytes);
    const std::uint32_t beat = parameters_.beat_bytes;
    const std::uint64_t row = parameters_.row_bytes;
    for (std::uint64_t word = address / beat * beat; word < end;) {
      const bool is_whole_row =
          word % row == 0 && word + row <= std::min<std::uint64_t>(end, parameters_.core_l1_bytes);
      if (is_whole_row) {
        for (std::uint64_t& count : beats_) {
          count += share_bytes_ / beat;
        }
        word += row;
      } else {
        ++beats_[backend_of(word)];
        word += beat;
      }
    }
  }
  std::uint64_t most() const { return *std::max_element(beats_.begin(), beats_.end()); }
  std::ptrdiff_t backends() const {
    return std::count_if(beats_.begin(), beats_.end(), [](std::uint64_t n) { return n > 0; });
  }

 private:
  std::size_t backend_of(std::uint64_t address) const {
    if (address < parameters_.core_l1_bytes) {
      return address % parameters_.row_bytes / share_bytes_;
    }
    const std::uint64_t region =
        parameters_.accelerator_region_bytes == 0
            ? 0
            : (address - parameters_.core_l1_bytes) / parameters_.accelerator_region_bytes;
    return region % parameters_.num_groups * parameters_.backends_per_group;
  }

  const DmaParameters& parameters_;
  std::uint64_t share_bytes_;  ///< of each row, per back-end
  std::vector<std::uint64_t> beats_;
};
}  // namespace

Cycles dma_duration_cycles(const DmaParameters& parameters, std::uint32_t source,
                           std::uint32_t destination, std::uint32_t bytes) {
  // The side that lies in L1 decides who moves what, source first (idma_split_midend.sv). With no
  // side in L1 one back-end moves everything (assumption: the RTL's software never does it).
  const bool is_source_in_l1 = source < parameters.l1_bytes;
  if (bytes == 0) {
    return kFixedCycles;
  }
  if (!is_source_in_l1 && destination >= parameters.l1_bytes) {
    return kFixedCycles + kCyclesPerBeat * ((std::uint64_t{bytes} + parameters.beat_bytes - 1) /
                                            parameters.beat_bytes);
  }
  BeatCount beats(parameters);
  beats.add(is_source_in_l1 ? source : destination, bytes);
  return kFixedCycles + kCyclesPerBeat * beats.most() +
         (beats.backends() > 1 ? parameters.multi_backend_cycles : 0);
}

Dma::Dma(const sc_core::sc_module_name& name, const DmaParameters& parameters,
         const ClockDomain& clock, ByteMemory& memory, GuestErrorSink& guest_errors,
         StatGroup& parent_stats)
    : RegisterDevice(name, clock, kUnmappedValue),
      parameters_(parameters),
      memory_(memory),
      guest_errors_(guest_errors) {
  source_ = &registers_.add_word("src_addr", DMA_SRC_ADDR);
  destination_ = &registers_.add_word("dst_addr", DMA_DST_ADDR);
  bytes_ = &registers_.add_word("num_bytes", DMA_NUM_BYTES);
  registers_.add("conf", DMA_CONF)
      .flag(0, "decouple")
      .flag(1, "deburst")
      .flag(2, "serialize")
      .reserved(3, 29);
  // The bit is called busy and wired to "idle": mempool_dma.sv.
  registers_.add("status", DMA_STATUS, RegisterMode::kReadOnly)
      .flag(0, "busy")
      .reserved(1, 31)
      .value_from([this](Cycles) { return state_.is_busy ? 0u : 1u; });
  registers_.add_word("next_id", DMA_NEXT_ID, RegisterMode::kReadOnly)
      .on_read([this](const RegisterAccess& access) { launch(access); });
  registers_.add("done", DMA_DONE, RegisterMode::kReadOnly)
      .flag(0, "done")
      .reserved(1, 31)
      .value_from([this](Cycles) { return state_.is_done ? 1u : 0u; });
  registers_.check_complete();

  StatGroup& stats = parent_stats.add_group(basename());
  stats.add("transfers", "count", "completed transfers", &transfers_);
  stats.add("bytes_moved", "bytes", "bytes copied by completed transfers", &bytes_moved_);
  stats.add("busy_cycles", "cycles", "from launch to completion", &busy_cycles_);
  stats.add("lost_launches", "count", "launches while the request register was full",
            &lost_launches_);
}

void Dma::launch(const RegisterAccess& access) {
  const Transfer transfer{source_->value, destination_->value, bytes_->value, access.hart,
                          access.pc};
  state_.is_done = false;
  if (!state_.is_busy) {
    begin(transfer, access.cycle);
  } else if (state_.num_waiting < kMaxWaiting) {
    state_.waiting[state_.num_waiting++] = transfer;
  } else {
    ++lost_launches_;
    report(transfer, 0,
           "launch while the request register is full: it is lost; wait for done first");
  }
}

void Dma::begin(const Transfer& transfer, Cycles cycle) {
  state_.is_busy = true;
  state_.active = transfer;
  state_.start = cycle;
  state_.end = cycle + dma_duration_cycles(parameters_, transfer.source, transfer.destination,
                                           transfer.bytes);
  schedule_advance(state_.end);
}

void Dma::advance_to(Cycles cycle) {
  while (state_.is_busy && !state_.is_moving && cycle >= state_.end) {
    state_.is_moving = true;
    move(state_.active);
    state_.is_moving = false;
    state_.is_busy = false;
    ++transfers_;
    busy_cycles_ += state_.end - state_.start;
    if (state_.num_waiting == 0) {
      state_.is_done = true;
    } else {
      const Transfer next = state_.waiting[0];
      std::copy(state_.waiting.begin() + 1, state_.waiting.end(), state_.waiting.begin());
      --state_.num_waiting;
      begin(next, state_.end);
    }
  }
}

void Dma::move(const Transfer& transfer) {
  std::vector<std::uint8_t> chunk(std::min<std::size_t>(transfer.bytes, kChunkBytes));
  for (std::uint32_t offset = 0; offset < transfer.bytes;) {
    const auto bytes =
        static_cast<std::uint32_t>(std::min<std::size_t>(chunk.size(), transfer.bytes - offset));
    const std::uint32_t source = transfer.source + offset;
    const std::uint32_t destination = transfer.destination + offset;
    const bool is_read = memory_.read(source, chunk.data(), bytes);
    if (!is_read || !memory_.write(destination, chunk.data(), bytes)) {
      report(transfer, is_read ? destination : source,
             fmt::format("transfer of {} bytes from {:#x} to {:#x}: the {} leaves memory; stopped "
                         "after {} bytes",
                         transfer.bytes, transfer.source, transfer.destination,
                         is_read ? "destination" : "source", offset));
      return;
    }
    bytes_moved_ += bytes;
    offset += bytes;
  }
}

void Dma::report(const Transfer& transfer, std::uint32_t address, const std::string& message) {
  guest_errors_.report(
      {GuestErrorKind::kDeviceMisuse, transfer.hart, transfer.pc, address, name(), message});
}

}  // namespace tessera
