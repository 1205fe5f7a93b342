// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/axi/axi_channel.h"
#include "models/base/axi_port.h"
#include "models/base/stat.h"

namespace tessera {

/// Where a master other than a tile (a DMA back-end) enters its group's mux.
/// Timing: none of its own. What is issued takes part in the arbitration of the same cycle, and
/// keeps its place until it has won; R and B are handed out in the cycle in which the mux's
/// registers show them. The registers of the master's crossbar, on both ways, are the master's
/// (i_dma_axi_xbar, mempool_group.sv).
class MasterPort : public AxiPort {
 public:
  /// `now` is the cycle under way.
  MasterPort(const Cycles& now, StatGroup& stats) : now_(now) {
    stats.add("read_beats", "count", "R beats received", &read_beats_);
    stats.add("write_beats", "count", "W beats sent", &write_beats_);
    stats.add("read_bursts", "count", "read bursts begun", &read_bursts_);
    stats.add("write_bursts", "count", "write bursts begun", &write_bursts_);
    stats.add("busy_cycles", "cycles", "cycles with bursts in flight", &busy_cycles_);
  }

  void connect(AxiClient& client) { client_ = &client; }

  bool can_issue(bool is_write) const override { return (is_write ? writes : reads).is_empty(); }
  void issue(const AxiBurst& burst) override {
    AxiRequest request;
    request.address = burst.address;
    request.tag = burst.tag;
    request.source = static_cast<std::uint16_t>(burst.tag & kSubIdMask);
    request.beats = static_cast<std::uint16_t>(burst.beats);
    (burst.is_write ? writes : reads).push(request, now_ - 1);  // as if it had come before
    ++(burst.is_write ? write_bursts_ : read_bursts_);
    ++open_;
  }
  bool can_write() const override { return data.is_empty(); }
  void write_beat(bool is_last) override {
    data.push(is_last, now_ - 1);
    ++write_beats_;
  }

  /// The side towards the mux. `source` holds the two id bits that the port has there.
  static constexpr std::uint32_t kSubIdMask = 3;
  ChannelRegister<AxiRequest> reads;
  ChannelRegister<AxiRequest> writes;
  ChannelRegister<bool> data;

  bool can_take_read() const { return client_->can_take_beat(); }
  void take_read(const AxiResponse& response) {
    ++read_beats_;
    open_ -= response.is_last;
    client_->read_beat(response.tag, response.is_last, now_);
  }
  void take_write_response(const AxiResponse& response) {
    --open_;
    client_->write_response(response.tag, now_);
  }

  bool is_idle() const { return open_ == 0; }
  void count_cycle() { busy_cycles_ += open_ != 0; }

 private:
  const Cycles& now_;
  AxiClient* client_ = nullptr;
  std::uint32_t open_ = 0;  ///< bursts without their last response
  std::uint64_t read_beats_ = 0;
  std::uint64_t write_beats_ = 0;
  std::uint64_t read_bursts_ = 0;
  std::uint64_t write_bursts_ = 0;
  std::uint64_t busy_cycles_ = 0;
};

}  // namespace tessera
