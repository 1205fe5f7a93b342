// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "models/base/axi_port.h"
#include "models/base/steppable.h"

namespace tessera {

/// Several AXI ports as a single faster one: bursts go to them in turn and come back in order.
/// Timing: a word per cycle and direction on this side. Words that come back early wait here, and
/// words to be written wait for their port; there is room for kMaxBursts bursts in each direction.
/// Step it after the response side of the path and before the master.
/// Assumption: no source, MemPool's masters have a port each.
class PortGroup : public AxiPort, public Steppable {
 public:
  static constexpr std::uint32_t kMaxBursts = 16;

  explicit PortGroup(const std::vector<AxiPort*>& ports);

  void connect(AxiClient& client) { client_ = &client; }
  /// What answers of port `index` go to.
  AxiClient& port_client(std::uint32_t index) { return clients_[index]; }

  bool can_issue(bool is_write) const override;
  void issue(const AxiBurst& burst) override;
  bool can_write() const override { return true; }
  void write_beat(bool is_last) override;

  Cycles next_active_cycle(Cycles from) const override;
  void step(Cycles cycle) override;

 private:
  /// Burst number n goes to port n modulo their number, so that a port's bursts are known by
  /// counting.
  struct Burst {
    std::uint32_t tag = 0;
    std::uint32_t beats = 0;   ///< read: that the master has not got
    std::uint32_t ready = 0;   ///< words that can be passed on
    bool is_complete = false;  ///< write: the master has given the last word
    bool is_answered = false;  ///< write
  };
  struct Direction {
    std::array<Burst, kMaxBursts> bursts{};
    std::uint32_t issued = 0;  ///< bursts so far
    std::uint32_t ended = 0;   ///< of these, towards the master
    Burst& at(std::uint32_t number) { return bursts[number % kMaxBursts]; }
  };
  class Client final : public AxiClient {
   public:
    Client(PortGroup& group, std::uint32_t port) : group_(group), read_(port), write_(port) {}
    bool can_take_beat() const override { return true; }
    void read_beat(std::uint32_t tag, bool is_last, Cycles cycle) override;
    void write_response(std::uint32_t tag, Cycles cycle) override;

   private:
    PortGroup& group_;
    std::uint32_t read_;   ///< number of the burst whose words come next
    std::uint32_t write_;  ///< number of the burst that is answered next
  };

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(ports_.size()); }
  void send(std::uint32_t port);
  void deliver(Cycles cycle);

  const std::vector<AxiPort*> ports_;
  AxiClient* client_ = nullptr;
  std::deque<Client> clients_;
  Direction reads_;
  Direction writes_;
  std::uint32_t filling_ = 0;           ///< number of the write burst that gets words
  std::vector<std::uint32_t> sending_;  ///< by port: number of the burst whose words go out
};

}  // namespace tessera
