// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/axi/axi_channel.h"
#include "models/axi/locking_arbiter.h"

namespace tessera {

/// Control of an AXI demultiplexer without registers of its own: which AR, AW and W may pass to
/// their target in a cycle, and which target's response goes back. Source: axi_demux_simple.sv.
/// An id may have transactions at one target at a time per direction; data beats follow the address
/// that was presented, so writes to another target wait until the beats of the former ones passed.
class AxiDemux {
 public:
  /// `max_in_flight`: transactions of one id, 2^n - 1 of the counters.
  AxiDemux(std::uint32_t num_sources, std::uint32_t max_in_flight)
      : max_in_flight_(max_in_flight), reads_(num_sources), writes_(num_sources) {}

  /// The AR at the input shows at its target in this cycle. Once shown it stays until accepted.
  bool presents_read(const AxiRequest& request, std::uint32_t target, Cycles now) {
    if (!is_read_locked_) {
      is_read_locked_ =
          full_reads_.at_start(now) == 0 && may_go(reads_[request.source], target, now);
    }
    return is_read_locked_;
  }
  void accept_read(const AxiRequest& request, std::uint32_t target, Cycles now) {
    is_read_locked_ = false;
    open(reads_[request.source], full_reads_, target, now);
  }

  bool presents_write(const AxiRequest& request, std::uint32_t target, Cycles now) {
    if (!is_write_locked_) {
      is_write_locked_ = full_writes_.at_start(now) == 0 &&
                         open_bursts_.at_start(now) < max_in_flight_ &&
                         !(request.is_atomic && full_reads_.at_start(now) != 0) &&
                         (open_bursts_.at_start(now) == 0 || data_target_ == target) &&
                         may_go(writes_[request.source], target, now);
      if (is_write_locked_) {
        open(writes_[request.source], full_writes_, target, now);
        open_bursts_.add(1, now);
        data_target_ = target;
      }
    }
    return is_write_locked_;
  }
  void accept_write(const AxiRequest& request, std::uint32_t target, Cycles now) {
    is_write_locked_ = false;
    if (request.is_atomic) {
      open(reads_[request.source], full_reads_, target, now);
    }
  }

  /// A W beat at the input shows at data_target(); asked after presents_write() of the cycle.
  bool presents_data() const { return open_bursts_.value() != 0; }
  std::uint32_t data_target() const { return data_target_; }
  void accept_last_data(Cycles now) { open_bursts_.add(-1, now); }

  /// The arbiters of what comes back; the caller closes what it accepted.
  LockingArbiter& read_arbiter() { return read_arbiter_; }
  LockingArbiter& write_arbiter() { return write_arbiter_; }
  void close_read(std::uint32_t source, Cycles now) { close(reads_[source], full_reads_, now); }
  void close_write(std::uint32_t source, Cycles now) { close(writes_[source], full_writes_, now); }

 private:
  struct InFlight {
    RegisteredCount count;
    std::uint32_t target = 0;
  };

  bool may_go(const InFlight& id, std::uint32_t target, Cycles now) const {
    return id.count.at_start(now) == 0 || id.target == target;
  }
  void open(InFlight& id, RegisteredCount& full, std::uint32_t target, Cycles now) {
    id.count.add(1, now);
    id.target = target;
    if (id.count.value() == max_in_flight_) {
      full.add(1, now);
    }
  }
  void close(InFlight& id, RegisteredCount& full, Cycles now) {
    if (id.count.value() == max_in_flight_) {
      full.add(-1, now);
    }
    id.count.add(-1, now);
  }

  const std::uint32_t max_in_flight_;
  std::vector<InFlight> reads_;
  std::vector<InFlight> writes_;
  RegisteredCount full_reads_;   ///< ids with max_in_flight_ reads: any stops all
  RegisteredCount full_writes_;  ///< the same for writes
  RegisteredCount open_bursts_;  ///< presented, last W beat not passed
  std::uint32_t data_target_ = 0;
  bool is_read_locked_ = false;
  bool is_write_locked_ = false;
  LockingArbiter read_arbiter_;
  LockingArbiter write_arbiter_;
};

}  // namespace tessera
