// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "models/axi/soc_path.h"
#include "models/base/stat.h"
#include "tests/unit/axi/scripted_hart.h"

namespace tessera::test {

constexpr std::uint32_t kL2 = 0x80000000;
constexpr std::uint32_t kUncached = kL2 + 0x2000;
constexpr std::uint32_t kRegisters = 0x40000000;
constexpr std::uint32_t kWakeUp = kRegisters + 4;
constexpr std::uint32_t kUart = 0xC0000000;

inline SocPathParameters minpool() {
  SocPathParameters parameters;
  parameters.num_tiles = 4;
  parameters.tiles_per_group = 1;
  parameters.axi_bytes = 32;
  return parameters;
}

inline ReadOnlyCacheControl reset_control() {
  ReadOnlyCacheControl control;
  control.regions[0] = {0x80000000, 0x80001000};
  control.regions[1] = {0xA0000000, 0xA0001000};
  return control;
}

/// A SoC side with scripted harts, a memory that remembers words, and what refills came back.
class SocBench : public MemoryClient, public RefillClient, public SocTarget {
 public:
  explicit SocBench(const SocPathParameters& parameters) : path_(parameters, *this, stats_) {
    path_.connect(*this, *this);
    path_.set_read_only_cache(reset_control());
  }

  SocPath& path() { return path_; }
  StatGroup& stats() { return stats_; }
  Cycles now() const { return now_; }

  ScriptedHart& add_hart(std::uint32_t hart, const Steps& steps) {
    harts_.push_back(std::make_unique<ScriptedHart>(hart, steps));
    by_id_[hart] = harts_.back().get();
    return *harts_.back();
  }
  /// All cycles until the harts are done and nothing is under way.
  void run() {
    while (!is_done()) {
      step();
      ASSERT_LT(now_, 1000000u) << "does not end";
    }
  }
  void step() {
    path_.response_side().step(now_);
    if (master_step) {
      master_step(now_);
    }
    if (refill_step) {
      refill_step(now_);
    }
    for (const auto& hart : harts_) {
      hart->step(path_, now_);
    }
    path_.request_side().step(now_);
    for (const auto& hart : harts_) {
      hart->end_cycle();
    }
    ++now_;
  }
  void run_to(Cycles cycle) {
    while (now_ < cycle) {
      step();
    }
  }
  bool is_done() const {
    bool is_done = path_.is_idle();
    for (const auto& hart : harts_) {
      is_done = is_done && hart->is_done();
    }
    return is_done;
  }
  /// Cycles between the two marks of a single hart that runs `steps`.
  Cycles measure(std::uint32_t hart, const Steps& steps) {
    const ScriptedHart& scripted = add_hart(hart, steps);
    run();
    return scripted.marks().at(1) - scripted.marks().at(0);
  }

  std::function<void(Cycles)> master_step;  ///< part 3 of a cycle
  std::function<void(Cycles)> refill_step;  ///< part 4
  struct Refill {
    std::uint32_t tile;
    std::uint32_t tag;
    Cycles cycle;
  };
  std::vector<Refill> refills;
  std::vector<HartAccess> accesses;   ///< performed, with their cycles
  std::uint32_t pending_replies = 0;  ///< accesses that the target puts off first
  Cycles blocked_until = 0;           ///< the harts' response ports are taken

  std::uint32_t word(std::uint32_t address) { return words_[address]; }

  bool is_response_port_free(std::uint32_t, Cycles cycle) const override {
    return cycle >= blocked_until;
  }
  void response(std::uint32_t hart, std::uint32_t tag, std::uint32_t data, Cycles) override {
    by_id_.at(hart)->respond(tag, data);
  }
  void refill_done(std::uint32_t tile, std::uint32_t tag, Cycles cycle) override {
    refills.push_back({tile, tag, cycle});
  }
  HartReply access(const HartAccess& access) override {
    if (pending_replies != 0) {
      --pending_replies;
      return {AccessStatus::kPending};
    }
    accesses.push_back(access);
    std::uint32_t& word = words_[access.address];
    const std::uint32_t old = word;
    if (access.kind == AccessKind::kStore) {
      word = access.data;
    } else if (is_amo(access.kind)) {
      word = amo_result(access.kind, old, access.data);
    }
    if (access.address == kWakeUp) {
      by_id_.at(access.data)->set_pulse(access.cycle + SocPath::kWakeUpCycles);
    }
    return {AccessStatus::kDone, old};
  }

 private:
  StatGroup stats_{"axi"};
  SocPath path_;
  Cycles now_ = 0;
  std::vector<std::unique_ptr<ScriptedHart>> harts_;
  std::map<std::uint32_t, ScriptedHart*> by_id_;
  std::map<std::uint32_t, std::uint32_t> words_;
};

}  // namespace tessera::test
