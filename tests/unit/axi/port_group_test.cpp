// SPDX-License-Identifier: Apache-2.0
#include "models/axi/port_group.h"

#include <array>
#include <deque>
#include <string>

#include <gtest/gtest.h>

namespace tessera {
namespace {

/// A port that answers `latency` cycles after the address, a word per `word_cycles`.
class SlowPort : public AxiPort {
 public:
  SlowPort(Cycles latency, Cycles word_cycles) : latency_(latency), word_cycles_(word_cycles) {}
  void connect(AxiClient& client) { client_ = &client; }
  bool can_issue(bool is_write) const override { return (is_write ? writes_ : reads_).size() < 2; }
  void issue(const AxiBurst& burst) override {
    (burst.is_write ? writes_ : reads_).push_back({burst, burst.beats, now_ + latency_});
  }
  bool can_write() const override { return next_write_ <= now_; }
  void write_beat(bool is_last) override {
    next_write_ = now_ + word_cycles_;
    ++words;
    EXPECT_FALSE(writes_.empty());
    EXPECT_EQ(is_last, --writes_[sent_].left == 0);
    sent_ += is_last ? 1 : 0;
  }
  void step(Cycles cycle) {
    now_ = cycle;
    if (!reads_.empty() && reads_.front().ready <= cycle) {
      Transfer& read = reads_.front();
      read.ready = cycle + word_cycles_;
      const bool is_last = --read.left == 0;
      const std::uint32_t tag = read.burst.tag;
      if (is_last) {
        reads_.pop_front();
      }
      client_->read_beat(tag, is_last, cycle);
    }
    if (sent_ > 0 && writes_.front().ready <= cycle) {
      const std::uint32_t tag = writes_.front().burst.tag;
      writes_.pop_front();
      --sent_;
      client_->write_response(tag, cycle);
    }
  }
  std::uint32_t words = 0;

 private:
  struct Transfer {
    AxiBurst burst;
    std::uint32_t left = 0;
    Cycles ready = 0;
  };
  const Cycles latency_;
  const Cycles word_cycles_;
  AxiClient* client_ = nullptr;
  Cycles now_ = 0;
  Cycles next_write_ = 0;
  std::size_t sent_ = 0;  ///< of writes_, those with all their words
  std::deque<Transfer> reads_;
  std::deque<Transfer> writes_;
};

/// Writes down what comes back.
class Recorder : public AxiClient {
 public:
  bool can_take_beat() const override { return true; }
  void read_beat(std::uint32_t tag, bool is_last, Cycles cycle) override {
    reads += static_cast<char>('a' + tag);
    reads += is_last ? "." : "";
    last = cycle;
  }
  void write_response(std::uint32_t tag, Cycles cycle) override {
    writes += static_cast<char>('a' + tag);
    last = cycle;
  }
  std::string reads;
  std::string writes;
  Cycles last = 0;
};

class PortGroupTest : public testing::Test {
 protected:
  PortGroupTest() {
    group_.connect(master_);
    for (std::uint32_t i = 0; i < 3; ++i) {
      ports_[i].connect(group_.port_client(i));
    }
  }
  /// A cycle in the order of the loop; `act` is the master's turn.
  template <typename Act>
  void cycle(Act&& act) {
    for (SlowPort& port : ports_) {
      port.step(now_);
    }
    group_.step(now_);
    act();
    ++now_;
  }
  void drain() {
    while (group_.next_active_cycle(now_) != kNever) {
      cycle([] {});
      ASSERT_LT(now_, 1000u);
    }
  }

  // The first port is the slowest: later bursts come back before its own.
  std::array<SlowPort, 3> ports_{SlowPort{20, 4}, SlowPort{10, 4}, SlowPort{5, 4}};
  PortGroup group_{{&ports_[0], &ports_[1], &ports_[2]}};
  Recorder master_;
  Cycles now_ = 0;
};

TEST_F(PortGroupTest, ReadsComeBackInTheOrderOfTheirAddresses) {
  for (std::uint32_t tag = 0; tag < 5; ++tag) {
    cycle([&] {
      ASSERT_TRUE(group_.can_issue(false));
      group_.issue({0x1000 * tag, 2 + tag % 2, false, tag});
    });
  }
  drain();
  EXPECT_EQ(master_.reads, "aa.bbb.cc.ddd.ee.");
}

TEST_F(PortGroupTest, WordsGoToThePortOfTheirBurstAndAnswersComeInOrder) {
  for (std::uint32_t tag = 0; tag < 4; ++tag) {
    cycle([&] {
      ASSERT_TRUE(group_.can_issue(true));
      group_.issue({0x1000 * tag, 3, true, tag});
    });
  }
  for (std::uint32_t word = 0; word < 12; ++word) {
    cycle([&] {
      ASSERT_TRUE(group_.can_write());
      group_.write_beat(word % 3 == 2);
    });
  }
  drain();
  EXPECT_EQ(master_.writes, "abcd");
  EXPECT_EQ(ports_[0].words, 6u);
  EXPECT_EQ(ports_[1].words, 3u);
  EXPECT_EQ(ports_[2].words, 3u);
}

TEST_F(PortGroupTest, ThreePortsAreNearlyThreeTimesAsFast) {
  std::uint32_t issued = 0;
  while (issued < 12 || group_.next_active_cycle(now_) != kNever) {
    cycle([&] {
      if (issued < 12 && group_.can_issue(false)) {
        group_.issue({0x400 * issued++, 16, false, 0});
      }
    });
    ASSERT_LT(now_, 2000u);
  }
  EXPECT_GE(master_.last, 12u * 16 * 4 / 3);
  EXPECT_LT(master_.last, 12u * 16 * 4 / 3 + 2 * 20);
}

TEST_F(PortGroupTest, RefusesWhatThePortInTurnRefuses) {
  for (std::uint32_t i = 0; i < 6; ++i) {
    ASSERT_TRUE(group_.can_issue(false));
    group_.issue({0, 1, false, 0});
  }
  EXPECT_FALSE(group_.can_issue(false));  // each port takes two
  EXPECT_TRUE(group_.can_issue(true));
}

}  // namespace
}  // namespace tessera
