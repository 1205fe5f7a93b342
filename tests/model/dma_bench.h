// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "models/base/axi_port.h"
#include "models/base/register_fifo.h"
#include "models/base/round_robin_tree.h"
#include "models/dma/dma.h"
#include "models/dma/dma_regs.h"
#include "tests/support/bus_initiator.h"
#include "tests/support/sinks.h"

namespace tessera::test {

constexpr std::uint32_t kL2 = 0x80000000;
constexpr std::uint32_t kL2Bytes = 1 << 20;

struct DurationRow {
  std::uint32_t bytes;
  Cycles cycles;
};
/// Cycles of a transfer between L2 and L1, either way. Source: spec/mempool.md section 9, DMA.
constexpr DurationRow kMinpoolDurations[] = {{4, 28},     {32, 28},    {64, 32},    {128, 32},
                                             {256, 33},   {512, 41},   {1024, 57},  {2048, 89},
                                             {4096, 153}, {8192, 281}, {16384, 537}};
constexpr DurationRow kMempoolDurations[] = {{64, 28}, {1024, 88}, {4096, 91}, {8192, 155}};

inline DmaParameters dma_minpool() {
  DmaParameters parameters;
  parameters.l1_bytes = parameters.core_l1_bytes = 64 * 1024;
  parameters.row_bytes = 256;
  parameters.tiles_per_backend = 1;
  parameters.beat_bytes = 32;
  parameters.l2_bytes = kL2Bytes;
  return parameters;
}

inline DmaParameters dma_mempool() {
  DmaParameters parameters;
  parameters.l1_bytes = parameters.core_l1_bytes = 1024 * 1024;
  parameters.row_bytes = 4096;
  parameters.l2_bytes = kL2Bytes;
  return parameters;
}

/// 48 core tiles and, above them, the banks of four accelerators.
inline DmaParameters dma_tessera() {
  DmaParameters parameters = dma_mempool();
  parameters.core_l1_bytes = 0xC0000;
  parameters.accelerator_region_bytes = 0x10000;
  parameters.row_bytes = 3072;
  parameters.tiles_per_backend = 12;
  return parameters;
}

/// Four back-ends per group, each with an AXI master of its own.
inline DmaParameters dma_terapool() {
  DmaParameters parameters;
  parameters.l1_bytes = parameters.core_l1_bytes = 4 * 1024 * 1024;
  parameters.row_bytes = 16384;
  parameters.backends_per_group = 4;
  parameters.tiles_per_backend = 8;
  parameters.l2_bytes = kL2Bytes;
  return parameters;
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : generator_(seed) {}
  /// low .. high
  std::uint32_t pick(std::uint32_t low, std::uint32_t high) {
    return std::uniform_int_distribution<std::uint32_t>(low, high)(generator_);
  }

 private:
  std::mt19937 generator_;
};

/// Bytes of L1 from 0 on, and of L2.
struct TwoMemories : ByteMemory {
  explicit TwoMemories(std::uint32_t l1_bytes) : l1(l1_bytes), l2(kL2Bytes) {
    for (std::size_t i = 0; i < l2.size(); ++i) {
      l2[i] = static_cast<std::uint8_t>(i * 13 + i / 251 + 5);
    }
    for (std::size_t i = 0; i < l1.size(); ++i) {
      l1[i] = static_cast<std::uint8_t>(i * 7 + i / 241 + 3);
    }
  }
  std::uint8_t* at(std::uint32_t address, std::size_t count) {
    auto& memory = address < kL2 ? l1 : l2;
    const std::uint32_t offset = address < kL2 ? address : address - kL2;
    return offset <= memory.size() && count <= memory.size() - offset ? &memory[offset] : nullptr;
  }
  bool read(std::uint32_t address, void* data, std::size_t count) override {
    const std::uint8_t* place = at(address, count);
    return place != nullptr && std::memcpy(data, place, count) != nullptr;
  }
  bool write(std::uint32_t address, const void* data, std::size_t count) override {
    std::uint8_t* place = at(address, count);
    return place != nullptr && std::memcpy(place, data, count) != nullptr;
  }
  std::vector<std::uint8_t> l1;
  std::vector<std::uint8_t> l2;
};

/// What is behind the AXI ports of the back-ends.
class AxiSide {
 public:
  virtual ~AxiSide() = default;
  virtual AxiPort& port(std::uint32_t backend) = 0;
  virtual void connect(std::uint32_t backend, AxiClient& client) = 0;
  virtual void step_responses(Cycles cycle) = 0;
  virtual void step_requests(Cycles cycle) = 0;
};

/// L2 behind the AXI tree of each master, as far as the DMA sees it: mux and cut (a register each
/// way), one beat under way per master, four banks, four cycles per beat.
/// Source: axi_hier_interco.sv, mempool_system.sv (i_stream_throttle, i_l2_req_xbar).
class FakeL2 : public AxiSide {
 public:
  FakeL2(std::uint32_t ports, std::uint32_t beat_bytes) : beat_bytes_(beat_bytes) {
    for (std::uint32_t i = 0; i < ports; ++i) {
      ports_.push_back(std::make_unique<Port>());
    }
  }
  AxiPort& port(std::uint32_t index) override { return *ports_[index]; }
  void connect(std::uint32_t index, AxiClient& client) override { ports_[index]->client = &client; }

  void step_responses(Cycles cycle) override {
    for (auto& port : ports_) {
      port->respond(cycle);
    }
  }
  void step_requests(Cycles cycle) override {
    std::array<std::uint64_t, kBanks> requests{};
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      if (ports_[i]->offer(cycle)) {
        requests[bank_of(*ports_[i])] |= std::uint64_t{1} << i;
      }
    }
    for (std::uint32_t bank = 0; bank < kBanks; ++bank) {
      if (requests[bank] != 0) {
        Port& winner = *ports_[arbiters_[bank].winner(requests[bank])];
        arbiters_[bank].grant(requests[bank]);
        winner.accept(cycle, beat_bytes_);
      }
    }
    for (auto& port : ports_) {
      port->shift(cycle);
    }
  }

 private:
  static constexpr std::uint32_t kBanks = 4;
  static constexpr Cycles kBeatCycles = 4;

  struct Port : AxiPort {
    bool can_issue(bool is_write) const override {
      return (is_write ? write_slot : read_slot).beats == 0;
    }
    void issue(const AxiBurst& burst) override {
      (burst.is_write ? write_slot : read_slot) = burst;
    }
    bool can_write() const override { return !has_data; }
    void write_beat(bool is_last) override {
      has_data = true;
      is_last_data = is_last;
    }

    void respond(Cycles cycle) {
      if (mux_r.can_pop(cycle) && client->can_take_beat()) {
        client->read_beat(0, mux_r.pop(cycle), cycle);
      }
      if (mux_b.can_pop(cycle)) {
        mux_b.pop(cycle);
        client->write_response(0, cycle);
      }
    }
    /// Whether it asks for a bank; `address` is set.
    bool offer(Cycles cycle) {
      if (cycle < next_beat) {
        return false;
      }
      if (current.beats == 0) {
        if (cut_aw.can_pop(cycle) && cut_w.can_pop(cycle)) {
          current = cut_aw.pop(cycle);
        } else if (cut_ar.can_pop(cycle)) {
          current = cut_ar.pop(cycle);
        }
      }
      return current.beats > 0 && (!current.is_write || cut_w.can_pop(cycle));
    }
    void accept(Cycles cycle, std::uint32_t beat_bytes) {
      --current.beats;
      current.address += beat_bytes;
      if (current.is_write) {
        EXPECT_EQ(cut_w.pop(cycle), current.beats == 0) << "WLAST";
      }
      if (!current.is_write || current.beats == 0) {
        answers.push_back({cycle + kBeatCycles - 1, current.is_write, current.beats == 0});
      }
      next_beat = cycle + kBeatCycles;
    }
    void shift(Cycles cycle) {
      if (!answers.empty() && answers.front().cycle <= cycle) {
        auto& way = answers.front().is_write ? cut_b : cut_r;
        if (way.can_push(cycle)) {
          way.push(answers.front().is_last, cycle);
          answers.pop_front();
        } else {
          ++next_beat;  // the beat under way is not finished
        }
      }
      move(cut_r, mux_r, cycle);
      move(cut_b, mux_b, cycle);
      move(mux_ar, cut_ar, cycle);
      move(mux_aw, cut_aw, cycle);
      move(mux_w, cut_w, cycle);
      enter(read_slot, mux_ar, cycle);
      enter(write_slot, mux_aw, cycle);
      if (has_data && mux_w.can_push(cycle)) {
        mux_w.push(is_last_data, cycle);
        has_data = false;
      }
    }
    template <typename Fifo>
    static void move(Fifo& from, Fifo& to, Cycles cycle) {
      if (from.can_pop(cycle) && to.can_push(cycle)) {
        to.push(from.pop(cycle), cycle);
      }
    }
    static void enter(AxiBurst& slot, RegisterFifo<AxiBurst, 2>& fifo, Cycles cycle) {
      if (slot.beats > 0 && fifo.can_push(cycle)) {
        bursts.push_back(slot);
        fifo.push(slot, cycle);
        slot.beats = 0;
      }
    }

    struct Answer {
      Cycles cycle;
      bool is_write;
      bool is_last;
    };
    AxiClient* client = nullptr;
    AxiBurst read_slot{0, 0};
    AxiBurst write_slot{0, 0};
    bool has_data = false;
    bool is_last_data = false;
    RegisterFifo<AxiBurst, 2> mux_ar, cut_ar, mux_aw, cut_aw;
    RegisterFifo<bool, 2> mux_w, cut_w, mux_r, cut_r, mux_b, cut_b;
    AxiBurst current{0, 0};
    Cycles next_beat = 0;
    std::deque<Answer> answers;
    static inline std::vector<AxiBurst> bursts;
  };

  std::uint32_t bank_of(const Port& port) const {
    return port.current.address / beat_bytes_ % kBanks;
  }

  std::uint32_t beat_bytes_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::array<RoundRobinTree, kBanks> arbiters_;

 public:
  /// In the order in which they came, of all ports.
  static std::vector<AxiBurst>& bursts() { return Port::bursts; }
};

/// The banks of one group: answers one cycle after the access, as if every word had its own banks.
struct FakeBanks : WideL1Port {
  bool access(std::uint32_t raw_address, std::uint32_t bytes, bool is_write) override {
    EXPECT_EQ(raw_address % bytes, 0u);
    if (refusals > 0) {
      --refusals;
      return false;
    }
    words.push_back({raw_address, is_write});
    answers.push_back({raw_address, cycle});
    return true;
  }
  bool has_answer(std::uint32_t raw_address, std::uint32_t /*bytes*/) const override {
    return !answers.empty() && answers.front().word == raw_address &&
           answers.front().access < cycle;
  }
  void take_answer(std::uint32_t raw_address, std::uint32_t bytes) override {
    EXPECT_TRUE(has_answer(raw_address, bytes));
    answers.pop_front();
  }
  /// Answers that could have been taken in an earlier cycle.
  std::size_t kept() const {
    return static_cast<std::size_t>(
        std::count_if(answers.begin(), answers.end(),
                      [this](const Answer& answer) { return answer.access + 1 < cycle; }));
  }
  struct Answer {
    std::uint32_t word;
    Cycles access;
  };
  Cycles cycle = 0;
  std::uint32_t refusals = 0;  ///< of the next accesses
  std::vector<std::pair<std::uint32_t, bool>> words;
  std::deque<Answer> answers;
  std::size_t most_kept = 0;
};

/// A DMA with its registers, in functional timing or, with an engine, in cycle timing.
class DmaMachine {
 public:
  /// `axi_side`: null for FakeL2.
  DmaMachine(const char* name, const DmaParameters& shape,
             std::unique_ptr<AxiSide> axi_side = nullptr)
      : parameters(shape),
        memory(shape.l1_bytes),
        dma(name, shape, clock, memory, errors, stats),
        initiator_(sc_core::sc_gen_unique_name("initiator")),
        axi_side_(axi_side != nullptr
                      ? std::move(axi_side)
                      : std::make_unique<FakeL2>(shape.num_backends(), shape.beat_bytes)),
        banks(shape.num_backends()) {
    initiator_.socket.bind(dma.target_socket);
    std::vector<DmaBackendPorts> ports;
    for (std::uint32_t i = 0; i < shape.num_backends(); ++i) {
      ports.push_back({axi_side_->port(i), banks[i], memory});
    }
    engine = std::make_unique<DmaEngine>(shape, dma, ports, dma.stats());
    for (std::uint32_t i = 0; i < shape.num_backends(); ++i) {
      axi_side_->connect(i, engine->axi_client(i));
    }
  }

  /// Registers, at the machine's present cycle.
  std::uint32_t read(std::uint32_t offset) {
    initiator_.delay = clock.time(cycle) - sc_core::sc_time_stamp();
    return initiator_.read(offset);
  }
  void launch(const DmaTransfer& transfer) {
    initiator_.delay = clock.time(cycle) - sc_core::sc_time_stamp();
    initiator_.write(DMA_SRC_ADDR, transfer.source);
    initiator_.write(DMA_DST_ADDR, transfer.destination);
    initiator_.write(DMA_NUM_BYTES, transfer.bytes);
    EXPECT_EQ(initiator_.read(DMA_NEXT_ID), 0u);
  }
  /// Does everything of the present cycle; registers are touched before it.
  void step() {
    for (FakeBanks& bank : banks) {
      bank.cycle = cycle;
      bank.most_kept = std::max(bank.most_kept, bank.kept());
    }
    axi_side_->step_responses(cycle);
    if (engine->next_active_cycle(cycle) <= cycle) {
      engine->step(cycle);
    }
    axi_side_->step_requests(cycle);
    ++cycle;
  }
  void run_until_idle() {
    while (!dma.is_idle() && cycle < kLongest) {
      step();
    }
    ASSERT_TRUE(dma.is_idle()) << "hangs";
  }
  /// What the front-end's log of the RTL calls the duration.
  Cycles duration_of(const DmaTransfer& transfer) {
    const std::uint64_t before = stats.value(std::string(dma.basename()) + ".busy_cycles");
    launch(transfer);
    run_until_idle();
    return stats.value(std::string(dma.basename()) + ".busy_cycles") - before;
  }

  static constexpr Cycles kLongest = 10'000'000;
  DmaParameters parameters;
  ClockDomain clock{500'000};
  TwoMemories memory;
  GuestErrorRecorder errors;
  StatGroup stats{"soc"};
  Dma dma;
  std::unique_ptr<DmaEngine> engine;
  Cycles cycle = 0;

 private:
  BusInitiator initiator_;
  std::unique_ptr<AxiSide> axi_side_;

 public:
  std::vector<FakeBanks> banks;
};

}  // namespace tessera::test
