// SPDX-License-Identifier: Apache-2.0
// What a hart tells of its stores.
#include "tests/unit/checker/offload_checker_fixture.h"

namespace tessera {
namespace {

using testing::HasSubstr;

TEST_F(OffloadCheckerTest, LaunchWithoutFence) {
  store(0, kData, 0x44);
  launch_at_once(kDma, 0, 0);
  device(kDma, 0, AccessKind::kLoad, kData, 64);
  expect_only(FindingKind::kOperandOverwritten);
  EXPECT_THAT(found()[0].text, HasSubstr("missing: a fence of core[0] between its store and the "
                                         "launch of dma transfer 0"));
}

class OffloadCheckerOfRuntimeTest : public OffloadCheckerTest {
 protected:
  OffloadCheckerOfRuntimeTest() : OffloadCheckerTest(true) {}

  void add(AgentId agent) { hart(agent, AccessKind::kAmoAdd, kCount); }

  static constexpr std::uint32_t kCount = 0x800;
};

TEST_F(OffloadCheckerOfRuntimeTest, StoreBehindNoFenceIsNotTold) {
  store(0, kData, 0x44);
  add(0);
  add(1);
  load(1, kData);
  expect_only(FindingKind::kUnorderedAccess);
  EXPECT_THAT(found()[0].text,
              HasSubstr("missing: a fence of core[0] between its store and what tells of it to "
                        "core[1]"));
}

TEST_F(OffloadCheckerOfRuntimeTest, FencedStoreIsToldOn) {
  store(0, kData);
  fence(0);
  store(0, kData + 4, 0x44);
  add(0);
  add(1);
  wake(1, 2);
  take(2);
  load(2, kData);
  EXPECT_TRUE(found().empty());
  load(2, kData + 4);
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerOfRuntimeTest, LoadsAndAtomicsAreToldWithoutFence) {
  load(0, kData);
  hart(0, AccessKind::kAmoAdd, kData + 4);
  add(0);
  add(1);
  store(1, kData);
  store(1, kData + 4);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerOfRuntimeTest, PulseBehindNoFence) {
  store(0, kData);
  wake(0, 1);
  take(1);
  load(1, kData);
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerOfRuntimeTest, PulseComesBeforeTheFlag) {
  load(1, kFlagWord, kPollPc);
  store(0, kFlagWord, 0x44);
  wake(0, 1);
  take(1);
  load(1, kFlagWord, kPollPc);
  expect_only(FindingKind::kLostWakeUp);
  EXPECT_THAT(found()[0].text,
              HasSubstr("written in cycle 2 by core[0] at pc 0x00000044 compute (a.c:7)"));
}

TEST_F(OffloadCheckerOfRuntimeTest, PulseBehindTheFlagsFence) {
  load(1, kFlagWord, kPollPc);
  store(0, kFlagWord);
  fence(0);
  wake(0, 1);
  take(1);
  load(1, kFlagWord, kPollPc);
  store(0, kFlagWord);  // of the next pulse
  load(1, kFlagWord, kPollPc);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerOfRuntimeTest, FlagBehindAFence) {
  store(0, kData);
  fence(0);
  store(0, kCount);
  store(0, kData + 4);
  load(1, kCount, kPollPc);
  load(1, kData);
  EXPECT_TRUE(found().empty());
  load(1, kData + 4);
  expect_only(FindingKind::kUnorderedAccess);
}

TEST_F(OffloadCheckerOfRuntimeTest, CountThatStartsAgainNeedsAFence) {
  add(0);
  add(1);
  store(1, kCount, 0x44);
  wake(1, 0);
  take(0);
  add(0);
  add(0);
  expect_only(FindingKind::kUnorderedWrites);
  EXPECT_EQ(checker_->findings().shown()[0].count, 1u);
  EXPECT_THAT(found()[0].text,
              HasSubstr("written in cycle 3 by core[1] at pc 0x00000044 compute (a.c:7)"));
  EXPECT_THAT(found()[0].text,
              HasSubstr("missing: a fence of core[1] between its store and what tells of it to "
                        "core[0]"));
}

TEST_F(OffloadCheckerOfRuntimeTest, CountThatStartsAgainBehindAFence) {
  add(0);
  add(1);
  store(1, kCount);
  fence(1);
  wake(1, 0);
  take(0);
  add(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerOfRuntimeTest, CountThatItsHartSeesToStartAgain) {
  add(0);
  add(1);
  store(1, kCount);
  add(1);
  wake(1, 0);
  take(0);
  add(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerOfRuntimeTest, LockThatIsGivenBackWithoutFence) {
  add(0);
  store(0, kCount);
  add(1);  // it is free
  add(2);
  add(2);
  store(1, kCount);
  add(2);
  add(0);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, LoadsNeedNoFence) {
  load(0, kData);
  launch_at_once(kDma, 0, 0);
  device(kDma, 0, AccessKind::kStore, kData, 64);
  EXPECT_TRUE(found().empty());
}

}  // namespace
}  // namespace tessera
