// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "platform/observe/commit_log_writer.h"
#include "platform/observe/trace.h"

namespace tessera {

/// Every retired instruction in Spike's format (riscv/execute.cc, --log-commits), one file per
/// hart:
///   core   0: 3 0x80000000 (0x00000297) x5  0x80000000
/// then " mem <address>" for a load, " mem <address> <data>" for a store, " c<number>_<name>
/// <value>" for a written CSR. Instructions stand in program order also where loads return late.
class CommitLog final : public Trace, public HartProbe {
 public:
  /// Files hart_<id>.log.zst in `folder`, which is made; those of an earlier run go. Throws
  /// ConfigError.
  CommitLog(const std::string& folder, const TraceWindow& window, const Observers& observers,
            std::uint32_t num_harts);
  ~CommitLog() override;

  Probes probes() override { return {this, nullptr, nullptr, nullptr}; }
  void finish(Cycles cycle) override;

  // HartProbe
  bool watches(std::uint32_t hart, Cycles begin, Cycles end) override {
    return harts_[hart].file != nullptr && filter_.may_show(begin, end);
  }
  BlockLog* block_log(std::uint32_t hart, Cycles begin, Cycles end) override {
    Hart& one = harts_[hart];
    const bool is_noted = one.file != nullptr && one.waiting.empty();
    return is_noted && filter_.shows_all(begin, end) ? &one.log : nullptr;
  }
  void block_log_is_full(std::uint32_t hart) override { hand_over(harts_[hart]); }
  void retired(const RetiredInstruction& instruction) override;
  void load_returned(std::uint32_t hart, std::uint16_t access_id, std::uint32_t value,
                     Cycles cycle) override;

 private:
  std::uint64_t bytes_written() const override { return writer_.bytes_written(); }

  /// An instruction whose result has not come, or that stands behind such a one.
  struct Waiting {
    CommitRecord record;
    std::uint16_t access_id;
  };
  struct Hart {
    BlockLog log;
    std::deque<Waiting> waiting;  ///< oldest first
    CommitFile* file = nullptr;   ///< null: not logged
  };
  /// An instruction that is no part of a larger block.
  struct Single {
    CodeBlock block;
    std::vector<CommitLine::Place> places;
  };
  void append(Hart& hart, const CommitRecord& record);
  const Single& single_of(const CommitRecord& record);
  void hand_over(Hart& hart);

  std::vector<Hart> harts_;
  std::unordered_map<CommitKey, Single, CommitKey::Hash> singles_;
  std::array<const Single*, 4096> latest_singles_{};  ///< by pc; the latest of those at one place
  CommitLogWriter writer_;                            ///< first to go: it may still read singles_
};

}  // namespace tessera
