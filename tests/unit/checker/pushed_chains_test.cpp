// SPDX-License-Identifier: Apache-2.0
// What is pushed to the attention engine.
#include "tests/unit/checker/offload_checker_fixture.h"

namespace tessera {
namespace {

using testing::HasSubstr;

/// The fifo of an engine: instructions that are pushed.
class PushTest : public OffloadCheckerTest {
 protected:
  static Activity chain(std::uint64_t number) { return {kFifo, "chain", number}; }
  static Activity descriptor(std::uint64_t number) { return {kEngine, "descriptor", number}; }
  void launch_all(const std::vector<Activity>& activities) {
    fence(0);
    for (const Activity& activity : activities) {
      checker_->launched(activity, {0, 0x60, ++cycle_}, "pushed");
    }
  }
  void end(const Activity& activity) { checker_->ends(activity, ++cycle_); }
  void see(const Activity& activity) { checker_->completion_seen(activity, {0, 0x64, ++cycle_}); }
};

TEST_F(PushTest, ResultOfAChainBeforeItsEndIsSeen) {
  launch_all({chain(0)});
  device(kFifo, 0, AccessKind::kStore, kData, 64);
  end(chain(0));
  load(0, kData);
  expect_only(FindingKind::kResultTooEarly);
  EXPECT_THAT(found()[0].text, HasSubstr("engine.fifo chain 0 (pushed), launched in cycle"));
}

TEST_F(PushTest, InputForTheOtherOfChainsAndIta) {
  launch_all({chain(0), activity(kIta, 0)});
  device(kFifo, 0, AccessKind::kLoad, kInput, kInputBytes - 16);
  device(kIta, 0, AccessKind::kLoad, kL2, 64);
  end(chain(0));
  see(chain(0));
  end(activity(kIta, 0));
  see(activity(kIta, 0));
  end_run(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(PushTest, ResultOfAChainAfterItsPulse) {
  launch_all({chain(0)});
  device(kFifo, 0, AccessKind::kStore, kData, 64);
  end(chain(0));
  wake(kFifo, 0);
  take(0);
  load(0, kData);
  EXPECT_TRUE(found().empty());
}

TEST_F(PushTest, OperandOfAChainNeedsAFence) {
  store(0, kL2);
  launch_all({chain(0)});
  device(kFifo, 0, AccessKind::kLoad, kL2, 64);
  EXPECT_TRUE(found().empty());
  store(0, kL2 + 64);
  checker_->launched(chain(1), {0, 0x60, ++cycle_}, "pushed");
  device(kFifo, 1, AccessKind::kLoad, kL2 + 64, 64);
  expect_only(FindingKind::kOperandOverwritten);
}

TEST_F(PushTest, EndOfOneChainSaysNothingOfTheNext) {
  launch_all({chain(0), chain(1)});
  device(kFifo, 0, AccessKind::kStore, kData, 64);
  device(kFifo, 1, AccessKind::kStore, kData + 64, 64);
  end(chain(0));
  end(chain(1));
  see(chain(0));
  load(0, kData);
  EXPECT_TRUE(found().empty());
  load(0, kData + 64);
  expect_only(FindingKind::kResultTooEarly);
}

TEST_F(PushTest, DescriptorWaitsForWhatWasPushedBefore) {
  launch_all({chain(0), descriptor(0)});
  device(kFifo, 0, AccessKind::kStore, kData, 64);
  end(chain(0));
  device(kEngine, 0, AccessKind::kLoad, kData, 64);
  device(kEngine, 0, AccessKind::kStore, kL2, 64);
  end(descriptor(0));
  see(descriptor(0));
  load(0, kData);
  load(0, kL2);
  EXPECT_TRUE(found().empty());
}

TEST_F(PushTest, WhatIsPushedMayOvertakeDescriptors) {
  launch_all({descriptor(0), chain(0)});
  device(kEngine, 0, AccessKind::kStore, kData, 64);
  end(descriptor(0));
  device(kFifo, 0, AccessKind::kLoad, kData, 64);
  expect_only(FindingKind::kResultTooEarly);
}

TEST_F(PushTest, StateThatNobodyHasWritten) {
  launch_all({chain(0)});
  checker_->used_unwritten(chain(0), "acc_vrf, entry 3", ++cycle_);
  expect_only(FindingKind::kUninitialised);
  EXPECT_THAT(found()[0].text, HasSubstr("of acc_vrf, entry 3\n"));
  EXPECT_THAT(found()[0].text, HasSubstr("launched in cycle 1 by core[0] at pc 0x00000060"));
}

TEST_F(PushTest, OperandOnTheStacks) {
  launch_all({activity(kDma, 0), descriptor(0)});
  device(kDma, 0, AccessKind::kStore, kData - 64, 32);
  device(kEngine, 0, AccessKind::kStore, kData, 64);
  EXPECT_TRUE(found().empty());
  device(kEngine, 0, AccessKind::kStore, kData - 4, 4);
  expect_only(FindingKind::kOutOfBounds);
  EXPECT_THAT(found()[0].text, HasSubstr("at 0x000003fc"));
}

}  // namespace
}  // namespace tessera
