// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "models/base/axi_port.h"
#include "models/base/random.h"
#include "models/base/steppable.h"

namespace tessera::attention_engine {

/// A memory behind an AXI port that nobody else uses: a word per cycle and direction after a
/// latency, or one in `shared_word_cycles` cycles for both directions. In tests it refuses
/// addresses and words at random.
class AxiMemory final : public AxiPort, public Steppable {
 public:
  explicit AxiMemory(Cycles latency = 20, double refusal = 0, std::uint32_t seed = 1,
                     Cycles shared_word_cycles = 0)
      : latency_(latency),
        shared_word_cycles_(shared_word_cycles),
        refusal_(refusal),
        random_(seed) {}
  void connect(AxiClient& client) { client_ = &client; }

  bool can_issue(bool /*is_write*/) const override { return !is_refusing_; }
  void issue(const AxiBurst& burst) override {
    (burst.is_write ? writes_ : reads_).push_back({burst, burst.beats, now_ + latency_});
  }
  bool can_write() const override { return !is_refusing_ && next_word_ <= now_; }
  void write_beat(bool is_last) override {
    ++write_beats;
    next_word_ = now_ + shared_word_cycles_;
    if (is_last) {
      answers_.push_back({writes_.front().burst, 0, now_ + latency_});
      writes_.pop_front();
    }
  }

  Cycles next_active_cycle(Cycles from) const override {
    if (refusal_ > 0) {
      return from;  // draws in every cycle
    }
    Cycles next = kNever;
    if (!reads_.empty()) {
      next = std::max({from, reads_.front().ready, next_word_});
    }
    if (!answers_.empty()) {
      next = std::min(next, std::max(from, answers_.front().ready));
    }
    return next;
  }
  void step(Cycles cycle) override {
    now_ = cycle;
    is_refusing_ = refusal_ > 0 && random_.chance(refusal_);
    if (!reads_.empty() && reads_.front().ready <= cycle && next_word_ <= cycle && !is_refusing_ &&
        client_->can_take_beat()) {
      ++read_beats;
      next_word_ = cycle + shared_word_cycles_;
      Transfer& read = reads_.front();
      const bool is_last = --read.beats == 0;
      const std::uint32_t tag = read.burst.tag;
      if (is_last) {
        reads_.pop_front();
      }
      client_->read_beat(tag, is_last, cycle);
    }
    if (!answers_.empty() && answers_.front().ready <= cycle) {
      const std::uint32_t tag = answers_.front().burst.tag;
      answers_.pop_front();
      client_->write_response(tag, cycle);
    }
  }

  std::uint64_t read_beats = 0;
  std::uint64_t write_beats = 0;

 private:
  struct Transfer {
    AxiBurst burst;
    std::uint32_t beats = 0;
    Cycles ready = 0;
  };

  Cycles latency_;
  Cycles shared_word_cycles_;
  double refusal_;
  Random random_;
  AxiClient* client_ = nullptr;
  Cycles now_ = 0;
  Cycles next_word_ = 0;
  bool is_refusing_ = false;
  std::deque<Transfer> reads_;
  std::deque<Transfer> writes_;
  std::deque<Transfer> answers_;
};

}  // namespace tessera::attention_engine
