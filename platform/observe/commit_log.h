// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
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
  void retired(const RetiredInstruction& instruction) override;
  void load_returned(std::uint32_t hart, std::uint16_t access_id, std::uint32_t value,
                     Cycles cycle) override;

 private:
  std::uint64_t bytes_written() const override { return writer_.bytes_written(); }

  /// A record whose value has not come.
  struct Pending {
    std::size_t place;
    std::uint16_t access_id;
  };
  struct Hart {
    std::vector<CommitRecord> records;
    std::vector<Pending> pending;  ///< oldest first
    CommitFile* file = nullptr;    ///< null: not logged
  };
  void hand_over(Hart& hart, std::size_t count);

  CommitLogWriter writer_;
  std::vector<Hart> harts_;
};

}  // namespace tessera
