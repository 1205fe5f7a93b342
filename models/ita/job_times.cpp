// SPDX-License-Identifier: Apache-2.0
#include "models/ita/job_times.h"

#include <vector>

#include "models/ita/job_engine.h"
#include "models/ita/job_interface_regs.h"

namespace tessera::ita {

namespace {

constexpr std::uint32_t kTileOutput = 0x1000;

/// Takes every access.
class FreeBanks : public BankPort {
 public:
  void announce(std::uint32_t /*address*/, std::uint32_t /*bytes*/) override {}
  bool ask() override { return true; }
};

class NoData : public ByteMemory {
 public:
  bool read(std::uint32_t /*address*/, void* /*data*/, std::size_t /*bytes*/) override {
    return true;
  }
  bool write(std::uint32_t /*address*/, const void* /*data*/, std::size_t /*bytes*/) override {
    return true;
  }
};

TileJob make_job(const JobKind& kind) {
  JobContext context;
  context.at(ITA_JOB_OUTPUT_PTR) = kTileOutput;
  context.at(ITA_JOB_CTRL_ENGINE) = ITA_JOB_LAYER_LINEAR;
  context.at(ITA_JOB_CTRL_STREAM) =
      (kind.is_first ? ITA_JOB_WEIGHT_PRELOAD : 0) | (kind.is_last ? 0 : ITA_JOB_WEIGHT_NEXTLOAD) |
      (kind.has_bias ? 0 : ITA_JOB_BIAS_DISABLE) | (kind.has_output ? 0 : ITA_JOB_OUTPUT_DISABLE);
  return TileJob(context);
}

/// Jobs that are all there from cycle 0 on, and their ends.
class Chain : public JobQueue {
 public:
  explicit Chain(std::vector<JobKind> kinds) : kinds_(std::move(kinds)) {}
  bool has_job() const override { return begun_ < kinds_.size(); }
  Job begin_job() override { return {make_job(kinds_[begun_++]), false}; }
  void end_job(Cycles cycle) override { ends_.push_back(cycle + JobEngine::kEventCycles); }
  const std::vector<Cycles>& ends() const { return ends_; }
  bool is_complete() const { return ends_.size() == kinds_.size(); }

 private:
  std::vector<JobKind> kinds_;
  std::size_t begun_ = 0;
  std::vector<Cycles> ends_;
};

Cycles measure(const Hardware& hardware, const JobKind& kind) {
  const JobKind before{true, false, false, true};
  Chain chain(kind.is_first ? std::vector<JobKind>{kind} : std::vector<JobKind>{before, kind});
  FreeBanks banks;
  NoData memory;
  TileEngine tiles(Flavour::kRtl, hardware, 0, 0);
  JobEngine engine(hardware, chain, tiles, memory, std::vector<BankPort*>(hardware.ports, &banks));
  for (Cycles cycle = 0; !chain.is_complete(); ++cycle) {
    engine.step(cycle);
  }
  const std::vector<Cycles>& ends = chain.ends();
  return kind.is_first ? ends[0] : ends[1] - ends[0];
}

}  // namespace

JobTimes::JobTimes(const Hardware& hardware) {
  for (const bool is_first : {false, true}) {
    for (const bool is_last : {false, true}) {
      for (const bool has_bias : {false, true}) {
        for (const bool has_output : {false, true}) {
          const JobKind kind{is_first, is_last, has_bias, has_output};
          cycles_[index(kind)] = measure(hardware, kind);
        }
      }
    }
  }
}

}  // namespace tessera::ita
