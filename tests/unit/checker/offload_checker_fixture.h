// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/observe/checker/offload_checker.h"

namespace tessera {

constexpr std::uint32_t kData = 0x400;
constexpr std::uint32_t kFlagWord = 0x800;
constexpr std::uint32_t kDumped = 0xC00;
constexpr std::uint32_t kL2 = 0x8000'0000;
constexpr std::uint32_t kInput = kL2 + 0x800;
constexpr std::uint32_t kEmpty = kL2 + 0xC00;
constexpr std::uint32_t kInputBytes = 128;
constexpr std::uint32_t kArena = kL2 + 0x500;
constexpr std::uint32_t kBlock = 0x900;
constexpr std::uint32_t kEndRegister = 0x4000'0000;
constexpr std::uint32_t kWakeRegister = 0x4002'0F00;
constexpr std::uint32_t kPollPc = 0x8000'0104;
constexpr std::uint32_t kLookPc = 0x8000'0204;
constexpr std::uint32_t kCountPc = 0x8000'0304;
constexpr std::uint32_t kCopyPc = 0x8000'0404;
constexpr AgentId kDma = 3;
constexpr AgentId kIta = 4;
constexpr AgentId kEngine = 5;
constexpr AgentId kFifo = 6;
constexpr AgentId kHost = 7;
constexpr AgentId kBackEnd = 8;

/// Three harts, a DMA, an ITA and an attention engine; each event is a cycle later than the last.
class OffloadCheckerTest : public testing::Test {
 protected:
  explicit OffloadCheckerTest(bool asks_for_fences = false) {
    for (const char* name :
         {"core[0]", "core[1]", "core[2]", "dma", "ita[0]", "engine", "engine.fifo", "host"}) {
      observers_.add_agent(name);
    }
    CheckerSetup setup;
    setup.num_harts = 3;
    setup.asks_for_fences = asks_for_fences;
    setup.memories = {{0, 0x1000}, {kL2, kL2 + 0x1000}};
    setup.without_contents = {{0, 0x1000}};
    setup.stacks = {{0, kData}};
    setup.without_contents_for_devices = {{kEmpty, kEmpty + 0x100}};
    setup.results = {{kL2, kL2 + 0x1000}};
    setup.inputs = {{kInput, std::vector<std::uint8_t>(kInputBytes, 1)}};
    setup.dumps = {{kDumped, kDumped + 64}};
    setup.arenas = {kArena};
    setup.end_register = kEndRegister;
    setup.end_hart = 0;
    setup.wake_registers = {{kIta, kWakeRegister}};
    setup.poll_loops.add_code(kPollPc, {0x00072783, 0xfe078ee3});  // 1: lw a5, 0(a4); beqz a5, 1b
    // 1: lw a5, 0(a4); sw zero, 4(a4); beqz a5, 1b
    setup.poll_loops.add_code(kLookPc, {0x00072783, 0x00072223, 0xfe078ce3});
    setup.poll_loops.add_code(kCountPc, {0x00b7202f});  // amoadd.w zero, a1, (a4)
    // lw a5, 0(a4); sw a5, 0(a3); ret
    setup.poll_loops.add_code(kCopyPc, {0x00072783, 0x00f6a023, 0x00008067});
    setup.names.describe_code = [](std::uint32_t pc) {
      return pc == 0x44 ? "compute (a.c:7)" : pc == 0x48 ? "compute+0x4 (a.c:7)" : "";
    };
    setup.names.callers = [this](std::uint32_t /*hart*/, std::uint32_t /*pc*/) { return callers_; };
    setup.names.describe_calls = [](const std::vector<std::uint32_t>& calls) {
      return calls.empty() ? "" : fmt::format("main+{:#x} (a.c:90)", calls[0]);
    };
    setup.names.describe_data = [](std::uint32_t address) {
      return address == kData ? "table" : "";
    };
    checker_ = std::make_unique<OffloadChecker>(std::move(setup), observers_);
    observers_.add_agent("dma.backend[0]");
    MemoryAccess access;
    access.agent = kHost;
    access.kind = AccessKind::kStore;
    access.bytes = 0x1000;
    checker_->accessed(access);
  }

  void hart(AgentId agent, AccessKind kind, std::uint32_t address, std::uint32_t pc = 0x40,
            std::uint32_t data = 0) {
    MemoryAccess access;
    access.agent = agent;
    access.kind = kind;
    access.address = address;
    access.bytes = 4;
    access.pc = pc;
    access.data = data;
    access.issued = access.cycle = ++cycle_;
    checker_->accessed(access);
  }
  void load(AgentId agent, std::uint32_t address, std::uint32_t pc = 0x40) {
    hart(agent, AccessKind::kLoad, address, pc);
  }
  void store(AgentId agent, std::uint32_t address, std::uint32_t pc = 0x50) {
    hart(agent, AccessKind::kStore, address, pc);
  }
  void device(AgentId agent, std::uint64_t number, AccessKind kind, std::uint32_t address,
              std::uint32_t bytes) {
    MemoryAccess access;
    access.agent = agent;
    access.activity = number;
    access.kind = kind;
    access.address = address;
    access.bytes = bytes;
    access.issued = access.cycle = ++cycle_;
    checker_->accessed(access);
  }
  static Activity activity(AgentId agent, std::uint64_t number) {
    return {agent, agent == kDma ? "transfer" : "job", number};
  }
  void end_run(AgentId agent, std::uint32_t value = 1) {
    MemoryAccess access;
    access.agent = agent;
    access.kind = AccessKind::kStore;
    access.address = kEndRegister;
    access.bytes = 4;
    access.data = value;
    access.pc = 0x70;
    access.issued = access.cycle = ++cycle_;
    checker_->accessed(access);
  }
  /// A hart writes its number.
  void wake_at_end(AgentId agent) {
    MemoryAccess access;
    access.agent = agent;
    access.kind = AccessKind::kStore;
    access.address = kWakeRegister;
    access.bytes = 4;
    access.data = agent;
    access.pc = 0x58;
    access.issued = access.cycle = ++cycle_;
    checker_->accessed(access);
  }
  void fence(AgentId agent) { checker_->fenced(agent, cycle_); }
  void launch(AgentId agent, std::uint64_t number, AgentId by) {
    fence(by);
    launch_at_once(agent, number, by);
  }
  void launch_at_once(AgentId agent, std::uint64_t number, AgentId by) {
    checker_->launched(activity(agent, number), {by, 0x60, ++cycle_}, "64 bytes");
  }
  void end(AgentId agent, std::uint64_t number) {
    checker_->ends(activity(agent, number), ++cycle_);
  }
  void see(AgentId agent, std::uint64_t number, AgentId reader) {
    checker_->completion_seen(activity(agent, number), {reader, 0x64, ++cycle_});
  }
  void wake(AgentId sender, std::uint32_t target) {
    checker_->wake_up_sent(target, {sender, 0x68, ++cycle_});
  }
  void take(std::uint32_t target) { checker_->wake_up_taken(target, ++cycle_); }

  std::vector<Finding> found() const {
    std::vector<Finding> findings;
    for (const auto& one : checker_->findings().shown()) {
      findings.push_back(one.finding);
    }
    return findings;
  }
  void expect_only(FindingKind kind) const {
    ASSERT_EQ(found().size(), 1u);
    EXPECT_STREQ(to_string(found()[0].kind), to_string(kind)) << found()[0].text;
  }

  Observers observers_;
  std::unique_ptr<OffloadChecker> checker_;
  Cycles cycle_ = 0;
  std::vector<std::uint32_t> callers_;  ///< of any hart, at present
};

}  // namespace tessera
