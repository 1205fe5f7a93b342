// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/core/cycle_harts.h"
#include "tests/unit/isa/assembler.h"

namespace tessera::test {

using Program = std::vector<std::uint32_t>;

inline Program repeat(std::size_t times, const Program& body) {
  Program program;
  for (std::size_t i = 0; i < times; ++i) {
    program.insert(program.end(), body.begin(), body.end());
  }
  return program;
}
inline Program join(const std::vector<Program>& parts) {
  Program program;
  for (const Program& part : parts) {
    program.insert(program.end(), part.begin(), part.end());
  }
  return program;
}

/// A memory behind a port that accepts a request in the cycle in which it is made, unless told
/// otherwise, and answers `latency` cycles later.
class FakePort : public MemoryPort {
 public:
  FakePort(std::uint32_t base, std::size_t words, Cycles fixed_latency, std::uint32_t num_harts)
      : latency([fixed_latency](const HartAccess&) { return fixed_latency; }),
        base_(base),
        words_(words),
        places_(num_harts) {}

  bool is_pending(std::uint32_t hart) const override { return places_[hart].has_value(); }
  void request(const MemoryRequest& request) override {
    requests.push_back(request);
    places_[request.access.hart] = request;
  }

  /// Before the harts' part of a cycle.
  void respond(MemoryClient& client, Cycles cycle) {
    for (auto due = responses_.begin(); due != responses_.end() && due->first <= cycle;) {
      const Response& response = due->second;
      if (!client.is_response_port_free(response.hart, cycle)) {
        ++due;
        continue;
      }
      client.response(response.hart, response.tag, response.data, cycle);
      due = responses_.erase(due);
    }
  }
  /// After it.
  void accept(Cycles cycle) {
    for (std::optional<MemoryRequest>& place : places_) {
      if (place && cycle >= closed_until) {
        const HartAccess& access = place->access;
        responses_.insert({cycle + latency(access), {access.hart, place->tag, perform(access)}});
        place.reset();
      }
    }
  }
  bool is_empty() const {
    return responses_.empty() && std::none_of(places_.begin(), places_.end(),
                                              [](const auto& place) { return place.has_value(); });
  }
  /// What an access does, apart from its time: the answer.
  std::uint32_t perform(const HartAccess& access) {
    auto* host = reinterpret_cast<std::uint8_t*>(words_.data()) + (access.address - base_);
    std::uint32_t old = 0;
    std::memcpy(&old, host, access.bytes);
    std::uint32_t next = access.data;
    if (access.kind == AccessKind::kLoad) {
      return old;
    }
    if (access.kind == AccessKind::kLoadReserved) {
      reservations_[access.hart] = access.address;
      return old;
    }
    if (access.kind == AccessKind::kStoreConditional) {
      const auto reservation = reservations_.find(access.hart);
      const bool is_reserved =
          reservation != reservations_.end() && reservation->second == access.address;
      reservations_.erase(access.hart);
      if (!is_reserved) {
        return 1;
      }
      old = 0;
    } else if (is_amo(access.kind)) {
      next = amo_result(access.kind, old, access.data);
    }
    std::memcpy(host, &next, access.bytes);
    return old;
  }
  const std::vector<std::uint32_t>& words() const { return words_; }
  std::uint32_t& word(std::uint32_t address) { return words_[(address - base_) / 4]; }

  std::function<Cycles(const HartAccess&)> latency;
  Cycles closed_until = 0;  ///< nothing is accepted before
  std::vector<MemoryRequest> requests;

 private:
  struct Response {
    std::uint32_t hart;
    std::uint32_t tag;
    std::uint32_t data;
  };

  const std::uint32_t base_;
  std::vector<std::uint32_t> words_;
  std::vector<std::optional<MemoryRequest>> places_;
  std::multimap<Cycles, Response> responses_;
  std::map<std::uint32_t, std::uint32_t> reservations_;  ///< by hart, which have their own data
};

enum class Caches { kPerfect, kReal };

/// Harts in cycle timing with code at kCode that all of them run, caches that always hit, an L1 as
/// near as the own tile's and a SoC as far as an idle L2.
class HartBench : public isa::HartEnvironment {
 public:
  static constexpr std::uint32_t kCode = 0x80000000;
  static constexpr std::uint32_t kTrapAddress = kCode + 0x1000;
  static constexpr std::uint32_t kSoc = 0x40000000;
  static constexpr std::uint32_t kL1Bytes = 0x10000;

  explicit HartBench(std::uint32_t num_harts = 1, bool has_xpulpimg = true,
                     Caches caches = Caches::kPerfect)
      : harts(num_harts),
        l1(0, kL1Bytes / 4, 1, num_harts),
        soc(kSoc, kL1Bytes / 4, 12, num_harts),
        code_(0x1000),
        caches_({num_harts, 1, 32, 4, 11, 2048, 2, 4, caches == Caches::kPerfect}, dmi_, refills_,
                stats_),
        cores({kL1Bytes, 8, {has_xpulpimg, false, kTrapAddress}}, harts,
              {l1, soc, caches_, dmi_, *this}, stats_) {
    dmi_.map(kCode, code_.size() * 4, reinterpret_cast<std::uint8_t*>(code_.data()), true, true);
    refills_.now = &now;
    for (std::uint32_t hart = 0; hart < num_harts; ++hart) {
      harts[hart].hart_id = hart;
      harts[hart].pc = kCode;
    }
    place(kTrapAddress, {isa::test::wfi()});
  }

  void place(std::uint32_t address, const Program& words) {
    std::copy(words.begin(), words.end(), code_.begin() + (address - kCode) / 4);
    cores.invalidate_code(address, static_cast<std::uint32_t>(words.size()) * 4);
  }
  DmiTable& dmi() { return dmi_; }
  bool is_writable(std::uint32_t address) const { return dmi_.page_of(address).write != nullptr; }
  std::uint32_t& x(int index) { return harts[0].x[static_cast<std::size_t>(index)]; }

  void step() {
    l1.respond(cores, now);
    soc.respond(cores, now);
    refills_.deliver(caches_);
    caches_.step(now);
    std::vector<std::uint64_t> before;
    for (const HartState& hart : harts) {
      before.push_back(hart.instructions);
    }
    cores.step(now);
    for (std::size_t hart = 0; hart < harts.size(); ++hart) {
      if (harts[hart].instructions != before[hart]) {
        issues[hart].push_back(now);
      }
    }
    l1.accept(now);
    soc.accept(now);
    ++now;
  }
  void step_to(Cycles cycle) {
    while (now < cycle) {
      step();
    }
  }
  /// Until all harts sleep and nothing is under way; the statistics are up to date then.
  void finish() {
    while (cores.next_active_cycle(now) != kNever || !l1.is_empty() || !soc.is_empty() ||
           caches_.next_active_cycle(now) != kNever || !refills_.is_empty()) {
      step();
      ASSERT_LT(now, 1000000u) << "the program does not end";
    }
    cores.synchronise(now);
  }
  /// Runs `program`, closed by a wfi, from cycle 0 on all harts: the cycles in which hart 0 issues,
  /// the wfi included.
  std::vector<Cycles> run(Program program) {
    program.push_back(isa::test::wfi());
    place(kCode, program);
    start();
    finish();
    return issues[0];
  }
  void start() { cores.resume_at(now); }

  HartReply access(const HartAccess& /*access*/) override { return {}; }
  void dump_csr(const HartState& hart, std::uint32_t csr, std::uint32_t value) override {
    dumps.push_back({csr, value, hart.cycle});
  }
  void trace_switched(const HartState& /*hart*/) override {}
  void guest_error(const HartState& hart, GuestErrorKind kind, std::uint32_t /*address*/,
                   const std::string& /*message*/) override {
    errors.push_back({kind, hart.pc, hart.cycle});
  }
  void unsupported(const HartState& /*hart*/, const std::string& name) override {
    unsupported_name = name;
  }
  void breakpoint(const HartState& hart) override { breakpoints.push_back(hart.pc); }
  bool pc_reached(const HartState& hart) override {
    reached.push_back(hart.cycle);
    return !at_pc || at_pc(hart);
  }

  std::function<bool(const HartState&)> at_pc;  ///< answers pc_reached()

  struct Dump {
    std::uint32_t csr;
    std::uint32_t value;
    Cycles cycle;
  };
  struct Error {
    GuestErrorKind kind;
    std::uint32_t pc;
    Cycles cycle;
  };

  std::vector<HartState> harts;
  FakePort l1;
  FakePort soc;
  Cycles now = 0;
  std::map<std::size_t, std::vector<Cycles>> issues;  ///< by hart
  std::vector<Dump> dumps;
  std::vector<Error> errors;
  std::vector<std::uint32_t> breakpoints;
  std::vector<Cycles> reached;
  std::string unsupported_name;

 private:
  /// Lines arrive ten cycles after they were asked for.
  class Refills : public RefillPort {
   public:
    static constexpr Cycles kLatency = 10;
    bool can_refill(std::uint32_t /*tile*/) const override { return true; }
    void refill(std::uint32_t tile, std::uint32_t /*address*/, std::uint32_t /*bytes*/,
                std::uint32_t tag) override {
      under_way_.push_back({*now + kLatency, tile, tag});
    }
    void deliver(InstructionCaches& caches) {
      for (; !under_way_.empty() && under_way_.front().due <= *now; under_way_.pop_front()) {
        caches.refill_done(under_way_.front().tile, under_way_.front().tag, *now);
      }
    }
    bool is_empty() const { return under_way_.empty(); }
    const Cycles* now = nullptr;

   private:
    struct Refill {
      Cycles due;
      std::uint32_t tile;
      std::uint32_t tag;
    };
    std::deque<Refill> under_way_;
  };

  std::vector<std::uint32_t> code_;
  DmiTable dmi_;
  StatGroup stats_{"harts"};
  Refills refills_;
  InstructionCaches caches_;

 public:
  CycleHarts cores;
};

}  // namespace tessera::test
