// SPDX-License-Identifier: Apache-2.0
#include "models/dma/dma.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/text.h"
#include "models/dma/dma_regs.h"

namespace tessera {

namespace {
// Source of both: spec/mempool.md section 9, DMA (measured on the RTL's front-end log). The table's
// m is what back-ends wait for each other at the L2 banks, see BackendLoad.
constexpr Cycles kFixedCycles = 24;
constexpr Cycles kCyclesPerBeat = 4;  // the L2 side serves one beat per 4 cycles
constexpr std::uint32_t kUnmappedValue = 0xFFFFFFFFu;
constexpr std::size_t kChunkBytes = 65536;
/// How often a launch that goes the functional way looks whether the engine is idle (assumption:
/// the RTL has no such launches).
constexpr Cycles kRetryCycles = 16;

std::uint64_t beats_of(const DmaParameters& parameters, std::uint32_t address,
                       std::uint64_t bytes) {
  const std::uint32_t beat = parameters.beat_bytes;
  return (address % beat + bytes + beat - 1) / beat;
}

/// What the back-ends do on the side that is not in L1.
class BackendLoad {
 public:
  explicit BackendLoad(const DmaParameters& parameters)
      : parameters_(parameters),
        beats_(parameters.num_backends()),
        first_in_bank_(parameters.l2_banks) {}

  void add(std::uint32_t backend, const DmaTransfer& share) {
    const std::uint32_t address = other_side(parameters_, share);
    if (beats_[backend] == 0) {
      ++first_in_bank_[address / parameters_.beat_bytes % parameters_.l2_banks];
    }
    beats_[backend] += beats_of(parameters_, address, share.bytes);
  }
  std::uint64_t most_beats() const { return *std::max_element(beats_.begin(), beats_.end()); }
  /// Back-ends that begin with the same L2 bank take turns; then they stay out of each other's way.
  std::uint64_t most_in_bank() const {
    return *std::max_element(first_in_bank_.begin(), first_in_bank_.end());
  }

 private:
  const DmaParameters& parameters_;
  std::vector<std::uint64_t> beats_;
  std::vector<std::uint64_t> first_in_bank_;
};
}  // namespace

Cycles dma_duration_cycles(const DmaParameters& parameters, const DmaTransfer& transfer) {
  if (transfer.bytes == 0) {
    return kFixedCycles;
  }
  const std::uint32_t address = l1_side(parameters, transfer);
  if (address >= parameters.l1_bytes) {
    // No side in L1: one back-end moves everything (assumption: the RTL's software never does it).
    return kFixedCycles + kCyclesPerBeat * beats_of(parameters, 0, transfer.bytes);
  }
  BackendLoad load(parameters);
  // What leaves L1 is never moved.
  DmaTransfer rest = part_of(transfer, 0, std::min(transfer.bytes, parameters.l1_bytes - address));
  while (rest.bytes > 0) {
    const DmaTransfer piece = first_piece(parameters, rest);
    for (std::uint32_t i = 0; i < parameters.num_backends(); ++i) {
      const DmaTransfer share = share_of(parameters, piece, i, 1);
      if (share.bytes > 0) {
        load.add(i, share);
      }
    }
    rest = part_of(rest, piece.bytes, rest.bytes - piece.bytes);
  }
  return kFixedCycles + kCyclesPerBeat * load.most_beats() + load.most_in_bank() - 1;
}

Dma::Dma(const sc_core::sc_module_name& name, const DmaParameters& parameters,
         const ClockDomain& clock, ByteMemory& memory, GuestErrorSink& guest_errors,
         StatGroup& parent_stats, const DeviceProbe& probe)
    : RegisterDevice(name, clock, kUnmappedValue),
      parameters_(parameters),
      memory_(memory),
      guest_errors_(guest_errors),
      stats_(parent_stats.add_group(basename())),
      probe_(probe) {
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
      .on_read([this](const RegisterAccess& access) {
        if (is_status_idle(access.cycle)) {
          tell_seen(access);
        }
      })
      .value_from([this](Cycles cycle) { return is_status_idle(cycle) ? 1u : 0u; });
  registers_.add_word("next_id", DMA_NEXT_ID, RegisterMode::kReadOnly)
      .on_read([this](const RegisterAccess& access) { launch(access); });
  registers_.add("done", DMA_DONE, RegisterMode::kReadOnly)
      .flag(0, "done")
      .reserved(1, 31)
      .on_read([this](const RegisterAccess& access) {
        if (access.cycle >= state_.done_from) {
          tell_seen(access);
        }
      })
      .value_from([this](Cycles cycle) { return cycle >= state_.done_from ? 1u : 0u; });
  registers_.check_complete();

  stats_.add("transfers", "count", "completed transfers", &transfers_);
  stats_.add("bytes_moved", "bytes", "bytes copied by completed transfers", &bytes_moved_);
  stats_.add("busy_cycles", "cycles", "from launch to completion", &busy_cycles_);
  stats_.add("lost_launches", "count", "launches while the request register was full",
             &lost_launches_);
}

void Dma::use_engine(DmaEngine* engine) {
  TESSERA_CHECK(is_idle(), "the DMA changes its timing while it is at work");
  engine_ = engine;
}

bool Dma::is_idle() const {
  return !state_.is_busy && state_.num_waiting == 0 && (engine_ == nullptr || engine_->is_idle());
}

std::string Dma::activity() const {
  const auto describe = [](const Launch& launch) {
    return fmt::format("{} bytes from {:#x} to {:#x}, launched by hart {} in cycle {}",
                       launch.transfer.bytes, launch.transfer.source, launch.transfer.destination,
                       launch.hart, launch.cycle);
  };
  std::vector<std::string> texts;
  if (state_.is_busy) {
    texts.push_back(fmt::format("moves {}, until cycle {}", describe(state_.active), state_.end));
  } else if (engine_ != nullptr && !engine_->is_idle()) {
    texts.push_back(fmt::format("moves data since cycle {}", state_.busy_since));
  }
  for (std::size_t i = 0; i < state_.num_waiting; ++i) {
    texts.push_back("waiting: " + describe(state_.waiting[i]));
  }
  return join(texts, "; ");
}

bool Dma::is_status_idle(Cycles cycle) const {
  return !state_.is_busy && (engine_ == nullptr || engine_->is_status_idle(cycle));
}

void Dma::launch(const RegisterAccess& access) {
  const Launch launch{{source_->value, destination_->value, bytes_->value, launched_},
                      access.hart,
                      access.pc,
                      access.cycle};
  // A completion that is one register away from the front-end overrules the launch.
  const bool is_done_too_early =
      engine_ != nullptr && state_.done_from != kNever && access.cycle + 1 < state_.done_from;
  if (!is_done_too_early) {
    state_.done_from = kNever;
  }
  if (is_idle()) {
    state_.busy_since = access.cycle;
  }
  // A place that the engine emptied in this cycle can be filled from the next one on.
  if (state_.num_waiting + (state_.last_taken == access.cycle ? 1 : 0) == kMaxWaiting) {
    ++lost_launches_;
    report(launch, 0, "launch while the request register is full: it is lost; wait for done first");
    return;
  }
  if (is_done_too_early) {
    report_early_done(launch);
  }
  state_.waiting[state_.num_waiting++] = launch;
  ++launched_;
  tell_launched(launch);
  report_inside_l1(launch);
  start_next(access.cycle);
}

void Dma::report_inside_l1(const Launch& launch) {
  const DmaTransfer& transfer = launch.transfer;
  if (transfer.bytes > 0 && transfer.source < parameters_.l1_bytes &&
      transfer.destination < parameters_.l1_bytes) {
    report(launch, transfer.source,
           fmt::format("transfer of {} bytes from {:#x} to {:#x}, both in L1: moved here, but a "
                       "back-end of the hardware reaches the L1 banks of its own group only; let "
                       "harts copy",
                       transfer.bytes, transfer.source, transfer.destination));
  }
}

void Dma::tell_launched(const Launch& launch) const {
  if (ActivityProbe* probe = probe_.activities()) {
    const DmaTransfer& transfer = launch.transfer;
    probe->launched(activity(transfer.number), {launch.hart, launch.pc, launch.cycle},
                    fmt::format("{} bytes from {:#010x} to {:#010x}", transfer.bytes,
                                transfer.source, transfer.destination));
    probe->counted(probe_.agent(), "waiting_launches", state_.num_waiting, launch.cycle);
  }
}

void Dma::tell_begun(const DmaTransfer& transfer, Cycles cycle) const {
  if (ActivityProbe* probe = probe_.activities()) {
    probe->begins(activity(transfer.number), "", cycle);
    probe->counted(probe_.agent(), "waiting_launches", state_.num_waiting, cycle);
  }
}

void Dma::tell_ended(std::uint64_t count, Cycles cycle) {
  for (const std::uint64_t end = ended_ + count; ended_ < end; ++ended_) {
    if (ActivityProbe* probe = probe_.activities()) {
      probe->ends(activity(ended_), cycle);
    }
  }
}

void Dma::tell_seen(const RegisterAccess& reader) const {
  if (ActivityProbe* probe = probe_.activities(); probe != nullptr && ended_ > 0) {
    probe->completion_seen(activity(ended_ - 1), cause_of(reader));
  }
}

void Dma::report_early_done(const Launch& launch) {
  report(launch, 0,
         "launch in the cycle before another transfer completes: as in the RTL, done reads 1 while "
         "this one is under way; wait for done first");
}

bool Dma::is_for_engine() const {
  return engine_ != nullptr && DmaEngine::is_movable(parameters_, state_.waiting[0].transfer);
}

Dma::Launch Dma::take_waiting() {
  const Launch launch = state_.waiting[0];
  std::copy(state_.waiting.begin() + 1, state_.waiting.end(), state_.waiting.begin());
  --state_.num_waiting;
  return launch;
}

DmaFrontEnd::Offer Dma::offered() const {
  if (state_.is_busy || state_.num_waiting == 0 || !is_for_engine()) {
    return {};
  }
  return {state_.waiting[0].transfer, state_.waiting[0].cycle + 1};
}

void Dma::taken(Cycles cycle) {
  const Launch launch = take_waiting();
  state_.last_taken = cycle;
  tell_begun(launch.transfer, cycle);
}

void Dma::completed(std::uint64_t transfers, std::uint64_t bytes, Cycles cycle) {
  transfers_ += transfers;
  bytes_moved_ += bytes;
  tell_ended(transfers, cycle);
  if (state_.num_waiting == 0) {
    finish_all(cycle, cycle + 1);
  } else if (is_for_engine()) {
    finish_all(cycle, cycle + 1);
    report_early_done(state_.waiting[0]);
  }
}

void Dma::finish_all(Cycles cycle, Cycles done_from) {
  state_.done_from = done_from;
  busy_cycles_ += cycle - state_.busy_since;
  state_.busy_since = cycle;
}

void Dma::start_next(Cycles cycle) {
  if (state_.is_busy || state_.num_waiting == 0 || is_for_engine()) {
    return;
  }
  if (engine_ != nullptr && !engine_->is_idle()) {
    schedule_advance(cycle + kRetryCycles);
    return;
  }
  state_.is_busy = true;
  state_.active = take_waiting();
  tell_begun(state_.active.transfer, std::max(cycle, state_.active.cycle));
  state_.end = std::max(cycle, state_.active.cycle) +
               dma_duration_cycles(parameters_, state_.active.transfer);
  schedule_advance(state_.end);
}

void Dma::advance_to(Cycles cycle) {
  while (state_.is_busy && !state_.is_moving && cycle >= state_.end) {
    state_.is_moving = true;
    move(state_.active);
    state_.is_moving = false;
    state_.is_busy = false;
    ++transfers_;
    tell_ended(1, state_.end);
    if (state_.num_waiting == 0) {
      finish_all(state_.end, state_.end);
    }
    start_next(state_.end);
  }
  start_next(cycle);
}

void Dma::move(const Launch& launch) {
  const DmaTransfer& transfer = launch.transfer;
  memory_.attribute_to(transfer.number);
  std::vector<std::uint8_t> chunk(std::min<std::size_t>(transfer.bytes, kChunkBytes));
  for (std::uint32_t offset = 0; offset < transfer.bytes;) {
    const auto bytes =
        static_cast<std::uint32_t>(std::min<std::size_t>(chunk.size(), transfer.bytes - offset));
    const std::uint32_t source = transfer.source + offset;
    const std::uint32_t destination = transfer.destination + offset;
    const bool is_read = memory_.read(source, chunk.data(), bytes);
    if (!is_read || !memory_.write(destination, chunk.data(), bytes)) {
      report(launch, is_read ? destination : source,
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

void Dma::report(const Launch& launch, std::uint32_t address, const std::string& message) {
  guest_errors_.report(
      {GuestErrorKind::kDeviceMisuse, launch.hart, launch.pc, address, name(), message});
}

}  // namespace tessera
