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
  }

  void connect(AxiClient& client) { client_ = &client; }
  /// Tells `requests` when input `index` of the mux has an address to send, and counts its bursts
  /// in `open`.
  void connect(AddressRequests& requests, std::uint32_t index, std::uint32_t& open) {
    requests_ = &requests;
    request_bit_ = std::uint64_t{1} << index;
    open_ = &open;
  }

  bool can_issue(bool is_write) const override { return (is_write ? writes : reads).is_empty(); }
  void issue(const AxiBurst& burst) override {
    AxiRequest request;
    request.address = burst.address;
    request.tag = burst.tag;
    request.source = static_cast<std::uint16_t>(burst.tag & kSubIdMask);
    request.beats = static_cast<std::uint16_t>(burst.beats);
    (burst.is_write ? writes : reads).push(request, now_ - 1);  // as if it had come before
    (burst.is_write ? requests_->writes : requests_->reads) |= request_bit_;
    ++(burst.is_write ? write_bursts_ : read_bursts_);
    ++*open_;
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
    *open_ -= response.is_last;
    client_->read_beat(response.tag, response.is_last, now_);
  }
  void take_write_response(const AxiResponse& response) {
    --*open_;
    client_->write_response(response.tag, now_);
  }

 private:
  const Cycles& now_;
  AxiClient* client_ = nullptr;
  AddressRequests* requests_ = nullptr;
  std::uint64_t request_bit_ = 0;
  std::uint32_t* open_ = nullptr;  ///< bursts without their last response
  std::uint64_t read_beats_ = 0;
  std::uint64_t write_beats_ = 0;
  std::uint64_t read_bursts_ = 0;
  std::uint64_t write_bursts_ = 0;
};

}  // namespace tessera
