// SPDX-License-Identifier: Apache-2.0
// Who must wait for whom, of harts and devices.
#include "tests/unit/checker/offload_checker_fixture.h"

namespace tessera {
namespace {

using testing::HasSubstr;

TEST_F(OffloadCheckerTest, ResultBeforeDone) {
  launch(kDma, 0, 0);
  device(kBackEnd, 0, AccessKind::kStore, kData, 64);
  end(kDma, 0);
  load(0, kData + 60, 0x44);
  expect_only(FindingKind::kResultTooEarly);
  EXPECT_THAT(found()[0].text, HasSubstr("dma transfer 0 (64 bytes), launched in cycle 1 by "
                                         "core[0] at pc 0x00000060"));
  EXPECT_THAT(found()[0].text, HasSubstr("the hart has not seen the end of dma transfer 0"));
}

TEST_F(OffloadCheckerTest, ResultReadEvenBeforeItIsWritten) {
  launch(kDma, 0, 0);
  load(0, kData);
  device(kDma, 0, AccessKind::kStore, kData, 64);
  expect_only(FindingKind::kResultTooEarly);
}

TEST_F(OffloadCheckerTest, OverwrittenWhileAnotherHartMayStillRead) {
  load(1, kData);
  launch(kDma, 0, 0);
  device(kDma, 0, AccessKind::kStore, kData, 64);
  expect_only(FindingKind::kOperandOverwritten);
  EXPECT_THAT(found()[0].text, HasSubstr("from the hart's access to the launch"));
}

TEST_F(OffloadCheckerTest, ResultBehindDone) {
  launch(kDma, 0, 0);
  device(kDma, 0, AccessKind::kStore, kData, 64);
  end(kDma, 0);
  see(kDma, 0, 0);
  load(0, kData);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, PulseOfADeviceMakesOrder) {
  launch(kIta, 0, 0);
  device(kIta, 0, AccessKind::kStore, kData, 64);
  end(kIta, 0);
  wake(kIta, 1);
  take(1);
  load(1, kData);
  EXPECT_TRUE(found().empty());
  load(0, kData);
  expect_only(FindingKind::kResultTooEarly);
}

TEST_F(OffloadCheckerTest, OperandOverwritten) {
  store(0, kData);
  launch(kIta, 0, 0);
  store(0, kData, 0x44);
  device(kIta, 0, AccessKind::kLoad, kData, 64);
  expect_only(FindingKind::kOperandOverwritten);
}

TEST_F(OffloadCheckerTest, OperandOfAnotherHartNeedsABarrier) {
  store(1, kData);
  launch(kIta, 0, 0);
  device(kIta, 0, AccessKind::kLoad, kData, 64);
  expect_only(FindingKind::kOperandOverwritten);
  EXPECT_THAT(found()[0].text, HasSubstr("from the hart's access to the launch"));
}

TEST_F(OffloadCheckerTest, JobsOfOneDeviceComeOneAfterTheOther) {
  launch(kIta, 0, 0);
  launch(kIta, 1, 0);
  device(kIta, 0, AccessKind::kStore, kData, 64);
  end(kIta, 0);
  device(kIta, 1, AccessKind::kLoad, kData, 64);
  EXPECT_TRUE(found().empty());
}

TEST_F(OffloadCheckerTest, TransfersThatWaitTogetherDoNot) {
  launch(kDma, 0, 0);
  launch(kDma, 1, 0);
  device(kBackEnd, 0, AccessKind::kStore, kData, 64);
  end(kDma, 0);
  device(kBackEnd, 1, AccessKind::kLoad, kData, 64);
  expect_only(FindingKind::kResultTooEarly);
  EXPECT_THAT(found()[0].text,
              HasSubstr("who launched dma transfer 1 had not seen the end of dma transfer 0"));
}

TEST_F(OffloadCheckerTest, SomebodyElseLaunchesAsWell) {
  checker_->launched(activity(kDma, 0), {kNobody, 0, ++cycle_}, "");
  launch(kDma, 1, 0);
  end(kDma, 0);
  see(kDma, 0, 0);
  device(kNobody, 0, AccessKind::kStore, kData + 64, 4);
  EXPECT_TRUE(found().empty());
  device(kDma, 1, AccessKind::kStore, kData, 64);
  load(0, kData);
  expect_only(FindingKind::kResultTooEarly);
}

TEST_F(OffloadCheckerTest, DeviceReadsResultOfUnfinishedDevice) {
  launch(kIta, 0, 0);
  device(kIta, 0, AccessKind::kStore, kData, 64);
  launch(kDma, 0, 0);
  device(kDma, 0, AccessKind::kLoad, kData, 64);
  expect_only(FindingKind::kResultTooEarly);
}

// In functional timing devices touch memory at their end, so that a long job comes after a short
// transfer that was launched behind it.
TEST_F(OffloadCheckerTest, OfTwoDevicesTheOrderOfLaunchesCounts) {
  launch(kIta, 0, 0);
  launch(kDma, 0, 0);
  device(kDma, 0, AccessKind::kLoad, kData, 64);
  device(kIta, 0, AccessKind::kStore, kData, 64);
  expect_only(FindingKind::kResultTooEarly);
  EXPECT_THAT(found()[0].text,
              HasSubstr("who launched dma transfer 0 had not seen the end of ita"));
}

TEST_F(OffloadCheckerTest, DeviceOverwritesOperandOfUnfinishedDevice) {
  launch(kIta, 0, 0);
  device(kIta, 0, AccessKind::kLoad, kData, 64);
  launch(kDma, 0, 0);
  device(kDma, 0, AccessKind::kStore, kData, 64);
  expect_only(FindingKind::kOperandOverwritten);
  EXPECT_THAT(found()[0].text,
              HasSubstr("who launched dma transfer 0 had not seen the end of ita"));
}

}  // namespace
}  // namespace tessera
