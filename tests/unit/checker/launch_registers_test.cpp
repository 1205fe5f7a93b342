// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/launch_registers.h"

#include <gtest/gtest.h>

namespace tessera {
namespace {

constexpr AgentId kDevice = 7;
constexpr std::uint32_t kBase = 0x4000'0000;
constexpr std::uint32_t kAcquire = 0x4;
constexpr std::uint32_t kClear = 0x8;
constexpr std::uint32_t kPointer = 0x20;
constexpr std::uint32_t kSize = 0x24;
constexpr std::uint32_t kMode = 0x28;

class LaunchRegistersTest : public testing::Test {
 protected:
  void write(std::uint32_t offset, std::uint32_t value = 0) {
    MemoryAccess access;
    access.kind = AccessKind::kStore;
    access.address = kBase + offset;
    access.data = value;
    registers_.accessed(access);
  }
  void acquire(std::uint32_t set) {
    MemoryAccess access;
    access.address = kBase + kAcquire;
    access.result = set;
    registers_.accessed(access);
  }
  /// Names the stale register and the former launch; empty: none is stale.
  std::string launch(std::uint64_t number) {
    const auto stale = registers_.launched(kDevice, number);
    return !stale           ? ""
           : !stale->former ? std::string(stale->name) + " never"
                            : std::string(stale->name) + " " + std::to_string(*stale->former);
  }

  LaunchRegisters registers_{{{kDevice,
                               {kBase, kBase + 0x100},
                               {{kPointer, "POINTER", true, 2}, {kSize, "SIZE", false}},
                               kAcquire,
                               kMode,
                               kClear}}};
};

TEST_F(LaunchRegistersTest, WantsAllWritten) {
  write(kPointer);
  EXPECT_EQ(launch(0), "SIZE never");
}

TEST_F(LaunchRegistersTest, LetsSettingsStay) {
  write(kPointer);
  write(kSize);
  EXPECT_EQ(launch(0), "");
  write(kPointer);
  EXPECT_EQ(launch(1), "");
  EXPECT_EQ(launch(2), "POINTER 1");
}

TEST_F(LaunchRegistersTest, KeepsSetsApart) {
  acquire(0);
  write(kPointer);
  write(kSize);
  EXPECT_EQ(launch(0), "");
  acquire(1);
  EXPECT_EQ(launch(1), "POINTER never");
  acquire(0);
  write(kPointer);
  acquire(0xFFFF'FFFF);  // refused
  EXPECT_EQ(launch(2), "");
}

TEST_F(LaunchRegistersTest, ForgetsWhatIsCleared) {
  write(kPointer);
  write(kSize);
  write(kClear);
  EXPECT_EQ(launch(0), "POINTER never");
}

TEST_F(LaunchRegistersTest, WantsNoMoreThanTheModeDoes) {
  write(kSize);
  write(kMode, 2);
  EXPECT_EQ(launch(0), "");
  write(kMode, 1);
  EXPECT_EQ(launch(1), "POINTER never");
}

TEST_F(LaunchRegistersTest, TellsWhatLaunchesNeed) {
  MemoryAccess access;
  access.kind = AccessKind::kStore;
  access.address = kBase + kPointer;
  EXPECT_TRUE(registers_.accessed(access));
  access.address = kBase + 0x40;
  EXPECT_FALSE(registers_.accessed(access));
  access.address = kBase + 0x100 + kPointer;
  EXPECT_FALSE(registers_.accessed(access));
}

}  // namespace
}  // namespace tessera
