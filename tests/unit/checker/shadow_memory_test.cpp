// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/shadow_memory.h"

#include <array>

#include <gtest/gtest.h>

namespace tessera {
namespace {

using Kind = ShadowAccess::Kind;

ShadowAccess access(std::uint16_t agent, std::uint32_t clock, Kind kind, std::uint8_t bytes = 0xF) {
  ShadowAccess one;
  one.agent = agent;
  one.clock = clock;
  one.kind = kind;
  one.bytes = bytes;
  return one;
}

VectorClock clock(std::initializer_list<std::uint32_t> values) {
  VectorClock made(values.size());
  AgentId agent = 0;
  for (const std::uint32_t value : values) {
    made[agent++] = Told::of_both(value);
  }
  return made;
}

TEST(ShadowWord, MeetsTheUnknownWriter) {
  ShadowWord word;
  EXPECT_FALSE(word.record(access(0, 3, Kind::kWrite), {clock({3, 0})}));
  const auto conflict = word.record(access(1, 1, Kind::kRead), {clock({2, 1})});
  ASSERT_TRUE(conflict);
  EXPECT_EQ(conflict->agent, 0);
  EXPECT_EQ(conflict->clock, 3u);
}

TEST(ShadowWord, IsContentWithTheKnownWriter) {
  ShadowWord word;
  word.record(access(0, 3, Kind::kWrite), {clock({3, 0})});
  EXPECT_FALSE(word.record(access(1, 1, Kind::kRead), {clock({3, 1})}));
}

TEST(ShadowWord, AsksOfStoresThatTheyHaveArrived) {
  VectorClock known(2);
  known[0] = {3, 2};
  ShadowWord word;
  word.record(access(0, 3, Kind::kWrite, 0x1), {clock({3, 0})});
  word.record(access(0, 3, Kind::kAtomic, 0x2), {clock({3, 0})});
  EXPECT_TRUE(word.record(access(1, 1, Kind::kRead, 0x1), {known, 1}));
  EXPECT_FALSE(word.record(access(1, 1, Kind::kRead, 0x2), {known, 1}));
}

TEST(ShadowWord, KnowsWhatItsHartHasDone) {
  ShadowWord word;
  word.record(access(0, 3, Kind::kWrite), {clock({3}), 0});
  EXPECT_FALSE(word.record(access(0, 2, Kind::kRead), {clock({1}), 0}));
}

TEST(ShadowWord, TellsBytesApart) {
  ShadowWord word;
  word.record(access(0, 1, Kind::kWrite, 0x1), {clock({1, 0})});
  EXPECT_FALSE(word.record(access(1, 1, Kind::kWrite, 0x2), {clock({0, 1})}));
  EXPECT_TRUE(word.record(access(1, 1, Kind::kWrite, 0x1), {clock({0, 1})}));
}

TEST(ShadowWord, LetsReadersAndAtomicsAlone) {
  ShadowWord word;
  word.record(access(0, 1, Kind::kRead), {clock({1, 0})});
  EXPECT_FALSE(word.record(access(1, 1, Kind::kRead), {clock({0, 1})}));
  ShadowWord counter;
  counter.record(access(0, 1, Kind::kAtomic), {clock({1, 0})});
  EXPECT_FALSE(counter.record(access(1, 1, Kind::kAtomic), {clock({0, 1})}));
  EXPECT_TRUE(counter.record(access(1, 1, Kind::kRead), {clock({0, 1})}));
}

TEST(ShadowWord, KeepsWritesWhenReadersCrowd) {
  ShadowWord word;
  word.record(access(0, 1, Kind::kWrite), {clock({1, 0, 0, 0, 0, 0, 0, 0})});
  for (std::uint16_t reader = 1; reader < 7; ++reader) {
    VectorClock known(8);
    known[0] = Told::of_both(1);
    known[reader] = Told::of_both(1);
    EXPECT_FALSE(word.record(access(reader, 1, Kind::kRead), {known}));
  }
  const auto conflict = word.record(access(7, 1, Kind::kRead), {clock({0, 0, 0, 0, 0, 0, 0, 1})});
  ASSERT_TRUE(conflict);
  EXPECT_EQ(conflict->agent, 0);
}

TEST(ShadowWord, KeepsAWriteBehindAnAtomic) {
  ShadowWord word;
  word.record(access(0, 1, Kind::kWrite), {clock({1, 0})});
  word.record(access(0, 1, Kind::kAtomic), {clock({1, 0})});
  const auto conflict = word.record(access(1, 1, Kind::kAtomic), {clock({0, 1})});
  ASSERT_TRUE(conflict);
  EXPECT_EQ(conflict->kind, Kind::kWrite);
}

TEST(ShadowWord, KeepsWritesWhenAtomicsCrowd) {
  ShadowWord word;
  word.record(access(0, 1, Kind::kWrite), {clock({1, 0, 0, 0, 0, 0, 0, 0})});
  for (std::uint16_t hart = 1; hart < 7; ++hart) {
    VectorClock known(8);
    known[0] = Told::of_both(1);
    known[hart] = Told::of_both(hart);
    EXPECT_FALSE(word.record(access(hart, hart, Kind::kAtomic), {known}));
  }
  const auto conflict = word.record(access(7, 1, Kind::kAtomic), {clock({0, 0, 0, 0, 0, 0, 0, 1})});
  ASSERT_TRUE(conflict);
  EXPECT_EQ(conflict->agent, 0);
}

TEST(ShadowWord, ForgetsFirstWhatAllKnow) {
  ShadowWord word;
  for (std::uint16_t writer = 0; writer < 4; ++writer) {  // as many as there are places
    const auto byte = static_cast<std::uint8_t>(1u << writer);
    word.record(access(writer, 1, Kind::kWrite, byte), {VectorClock(6)});
  }
  const VectorClock known = clock({1, 1, 1, 1, 1, 0});
  const VectorClock everybody = clock({0, 0, 1, 0, 0, 0});
  EXPECT_FALSE(word.record(access(4, 1, Kind::kRead), {known, 4, &everybody}));
  const auto conflict = word.record(access(5, 1, Kind::kWrite), {clock({1, 1, 1, 1, 0, 1})});
  ASSERT_TRUE(conflict);
  EXPECT_EQ(conflict->agent, 4);
}

TEST(ShadowWord, KeepsTheBytesOfOneInstructionTogether) {
  ShadowWord word;
  for (const std::uint8_t byte :
       std::array<std::uint8_t, 4>{1, 2, 4, 8}) {  // as many as there are places
    word.record(access(0, 1, Kind::kRead, byte), {clock({1, 0, 0, 0})});
  }
  for (std::uint16_t reader = 1; reader < 3; ++reader) {
    VectorClock known(4);
    known[reader] = Told::of_both(1);
    word.record(access(reader, 1, Kind::kRead), {known});
    EXPECT_TRUE(word.remembers(access(reader, 1, Kind::kRead)));
  }
  EXPECT_TRUE(word.remembers(access(0, 1, Kind::kRead)));
  const auto conflict = word.record(access(3, 1, Kind::kWrite, 0x4), {clock({0, 1, 1, 1})});
  ASSERT_TRUE(conflict);
  EXPECT_EQ(conflict->agent, 0);
}

TEST(ShadowMemory, IsMadeOfItsRanges) {
  ShadowMemory memory({{0x1000, 0x1010}, {0x8000'0000, 0x8000'2000}});
  EXPECT_FALSE(memory.at(0xFFC));
  EXPECT_FALSE(memory.at(0x1010));
  ASSERT_TRUE(memory.at(0x100C));
  memory.at(0x100C)->state = 3;
  EXPECT_EQ(memory.at(0x100D)->state, 3);
  EXPECT_EQ(memory.at(0x1008)->state, 0);
  EXPECT_EQ(memory.at(0x8000'1FFC)->state, 0);
}

}  // namespace
}  // namespace tessera
