// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "platform/debug/debugger.h"
#include "platform/debug/session.h"

namespace tessera::debug::test {

/// Harts that a test moves by hand.
class FakeHarts : public HartControl {
 public:
  explicit FakeHarts(std::uint32_t num_harts) : harts(num_harts) {}

  struct Hart {
    std::uint32_t x[32] = {};
    std::uint32_t pc = 0x80000000;
    std::uint64_t instructions = 0;
    std::uint32_t loaded = 0;  ///< register that a load has yet to fill; 0: none
    std::uint32_t trace = 0;
  };

  void set_watcher(HartWatcher* who) override { watcher = who; }
  void watch_pc(std::uint32_t address, bool is_watched) override {
    is_watched ? (void)watched.insert(address) : (void)watched.erase(address);
  }
  void step_hart(std::uint32_t hart, bool is_stepped) override {
    is_stepped ? (void)stepped.insert(hart) : (void)stepped.erase(hart);
  }
  void hold_hart(std::uint32_t hart, bool is_held) override {
    is_held ? (void)held.insert(hart) : (void)held.erase(hart);
  }
  std::uint32_t num_harts() const override { return static_cast<std::uint32_t>(harts.size()); }
  std::string hart_name(std::uint32_t hart) const override {
    return "tile[0].core[" + std::to_string(hart) + "]";
  }
  std::string hart_activity(std::uint32_t /*hart*/) const override { return "running"; }
  std::uint64_t instructions(std::uint32_t hart) const override { return harts[hart].instructions; }
  std::uint32_t pc(std::uint32_t hart) const override { return harts[hart].pc; }
  void set_pc(std::uint32_t hart, std::uint32_t value) override { harts[hart].pc = value; }
  std::optional<std::uint32_t> register_value(std::uint32_t hart,
                                              std::uint32_t index) const override {
    const bool is_known = index == 0 || index != harts[hart].loaded;
    return is_known ? std::optional(harts[hart].x[index]) : std::nullopt;
  }
  bool set_register(std::uint32_t hart, std::uint32_t index, std::uint32_t value) override {
    if (index == 0) {
      return false;
    }
    harts[hart].x[index] = value;
    return true;
  }
  const std::vector<CsrDescription>& csrs() const override {
    static const std::vector<CsrDescription> all{{0x7d0, "trace"}, {0xf14, "mhartid"}};
    return all;
  }
  std::optional<std::uint32_t> csr(std::uint32_t hart, std::uint32_t number) override {
    return number == 0xf14   ? std::optional(hart)
           : number == 0x7d0 ? std::optional(harts[hart].trace)
                             : std::nullopt;
  }
  bool set_csr(std::uint32_t hart, std::uint32_t number, std::uint32_t value) override {
    if (number == 0x7d0) {
      harts[hart].trace = value;
    }
    return number == 0x7d0;
  }

  /// The hart retires instructions and comes to `pc`, as an engine reports it.
  void go(std::uint32_t hart, std::uint32_t pc, std::uint64_t retired = 1) {
    harts[hart].instructions += retired;
    harts[hart].pc = pc;
    if (watched.count(pc) != 0 || stepped.count(hart) != 0) {
      watcher->hart_reached_pc(hart);
    }
  }

  std::vector<Hart> harts;
  HartWatcher* watcher = nullptr;
  std::set<std::uint32_t> watched;
  std::set<std::uint32_t> stepped;
  std::set<std::uint32_t> held;
};

/// 256 bytes at kBase; the upper half takes whole words only, as registers do.
class FakeMemory : public ByteMemory {
 public:
  static constexpr std::uint32_t kBase = 0x1000;

  bool read(std::uint32_t address, void* data, std::size_t size) override {
    if (!is_allowed(address, size)) {
      return false;
    }
    std::memcpy(data, bytes + (address - kBase), size);
    return true;
  }
  bool write(std::uint32_t address, const void* data, std::size_t size) override {
    if (!is_allowed(address, size)) {
      return false;
    }
    std::memcpy(bytes + (address - kBase), data, size);
    return true;
  }

  std::uint8_t bytes[256] = {};

 private:
  static bool is_allowed(std::uint32_t address, std::size_t size) {
    const bool is_inside = address >= kBase && std::uint64_t{address} + size <= kBase + 256;
    const bool is_register = address + size > kBase + 128;
    return is_inside && (!is_register || (size == 4 && address % 4 == 0));
  }
};

/// Everything a session needs, and a record of the machine's stops.
struct Bench {
  explicit Bench(std::uint32_t num_harts = 4) : harts(num_harts) {}

  std::vector<std::string> send(std::string_view packet) {
    const Answer answer = session.handle(packet);
    next = answer.next;
    return answer.replies;
  }

  FakeHarts harts;
  FakeMemory memory;
  std::vector<StopEvent> stops;
  int memory_watches = 0;
  bool is_immediate = false;
  Debugger debugger{{harts, [this](const StopEvent& event) { stops.push_back(event); },
                     [this] { ++memory_watches; }, [this] { return is_immediate; },
                     [](AgentId agent) { return agent < 4 ? "hart" : "soc.dma"; },
                     [](std::uint32_t) { return "<main>"; }}};
  Monitor monitor;
  Session session{{harts, memory, {{0x1000, 256, true}}}, debugger, monitor};
  Next next = Next::kStay;
};

}  // namespace tessera::debug::test
