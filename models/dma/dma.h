// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <systemc>

#include "models/base/byte_memory.h"
#include "models/base/guest_error.h"
#include "models/base/observers.h"
#include "models/base/stat.h"
#include "models/dma/dma_engine.h"
#include "models/dma/dma_parameters.h"
#include "models/dma/dma_split.h"
#include "models/tlm/register_device.h"

namespace tessera {

/// Uncontended duration of a transfer in the front-end, in functional timing: 24 + 4 * beats + m.
/// `beats` is the largest number of AXI beats that one back-end moves outside L1, m how many others
/// begin with the same L2 bank. Source: spec/mempool.md section 9, DMA; cycle timing shows m.
Cycles dma_duration_cycles(const DmaParameters& parameters, const DmaTransfer& transfer);

/// The DMA front-end with its quirks, README: registers, and the launches that wait.
/// In functional timing it moves the bytes itself, when a transfer completes. In cycle timing the
/// engine takes what the hardware can do; the rest (L1 to L1, other targets) goes the functional
/// way, when the engine has nothing under way. L1 addresses are raw (not scrambled).
class Dma : public RegisterDevice, public DmaFrontEnd {
 public:
  /// `memory` is the AXI side: L2, and L1 in its raw view.
  Dma(const sc_core::sc_module_name& name, const DmaParameters& parameters,
      const ClockDomain& clock, ByteMemory& memory, GuestErrorSink& guest_errors,
      StatGroup& parent_stats, const DeviceProbe& probe = {});

  /// The group of the DMA's statistics, for its engine's.
  StatGroup& stats() { return stats_; }
  /// Cycle timing with `engine`, or functional timing (null). REQUIRES: is_idle().
  void use_engine(DmaEngine* engine);
  /// No launch waits or is under way.
  bool is_idle() const;
  std::string activity() const override;

  // DmaFrontEnd
  Offer offered() const override;
  void taken(Cycles cycle) override;
  void completed(std::uint64_t transfers, std::uint64_t bytes, Cycles cycle) override;

 private:
  struct Launch {
    DmaTransfer transfer;
    std::uint32_t hart = kNoHart;  ///< who launched it, and where
    std::uint32_t pc = 0;
    Cycles cycle = 0;
  };
  /// Launches that wait: the two places of the request register.
  /// Source: i_dma_req_register (a spill register), mempool_cluster.sv.
  static constexpr std::size_t kMaxWaiting = 2;
  struct State {
    bool is_busy = false;    ///< a transfer goes the functional way
    bool is_moving = false;  ///< inside move(), which may wait for a foreign target
    Launch active;
    Cycles end = 0;  ///< of the active transfer
    std::array<Launch, kMaxWaiting> waiting{};
    std::size_t num_waiting = 0;
    Cycles last_taken = kNever;  ///< by the engine
    Cycles done_from = kNever;   ///< `done` reads 1 from then on; kNever since a launch
    Cycles busy_since = 0;
  };

  void advance_to(Cycles cycle) override;
  void launch(const RegisterAccess& access);
  /// Starts the launch that has waited longest, if it goes the functional way and can start now.
  void start_next(Cycles cycle);
  Launch take_waiting();
  /// The launch that has waited longest is the engine's.
  bool is_for_engine() const;
  /// Nothing is under way any more since `cycle`; `done` reads 1 from `done_from` on.
  void finish_all(Cycles cycle, Cycles done_from);
  bool is_status_idle(Cycles cycle) const;
  void report_early_done(const Launch& launch);
  void report_inside_l1(const Launch& launch);
  void move(const Launch& launch);
  Activity activity(std::uint64_t number) const { return probe_.activity("transfer", number); }
  void tell_launched(const Launch& launch) const;
  void tell_begun(const DmaTransfer& transfer, Cycles cycle) const;
  /// The `count` transfers that have been under way longest have ended.
  void tell_ended(std::uint64_t count, Cycles cycle);
  /// A register read 1 for "nothing is under way".
  void tell_seen(const RegisterAccess& reader) const;
  void report(const Launch& launch, std::uint32_t address, const std::string& message);

  const DmaParameters parameters_;
  ByteMemory& memory_;
  GuestErrorSink& guest_errors_;
  StatGroup& stats_;
  DmaEngine* engine_ = nullptr;
  State state_;
  Register* source_ = nullptr;
  Register* destination_ = nullptr;
  Register* bytes_ = nullptr;
  std::uint64_t transfers_ = 0;
  std::uint64_t bytes_moved_ = 0;
  std::uint64_t busy_cycles_ = 0;
  std::uint64_t lost_launches_ = 0;
  const DeviceProbe probe_;
  std::uint32_t launched_ = 0;  ///< transfers; those with smaller numbers ...
  std::uint64_t ended_ = 0;     ///< ... have ended
};

}  // namespace tessera
