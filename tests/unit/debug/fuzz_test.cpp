// SPDX-License-Identifier: Apache-2.0
// Whatever a client sends, the server answers, and goes on.
#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "tests/unit/debug/fake_machine.h"

namespace tessera::debug::test {
namespace {

constexpr unsigned kRounds = 20000;

/// Seeds of packets, to be damaged.
const std::vector<std::string> kPackets{"qSupported:swbreak+",
                                        "qXfer:features:read:target.xml:0,fff",
                                        "qXfer:threads:read::0,fff",
                                        "vCont;s:1;c",
                                        "vCont;r80000000,80000010:2",
                                        "Z0,80000100,4",
                                        "z2,1000,10",
                                        "m1000,40",
                                        "M1000,2:abcd",
                                        "X1000,4:abcd",
                                        "g",
                                        "p20",
                                        "P5=01000000",
                                        "Hg1",
                                        "Hc-1",
                                        "T3",
                                        "?",
                                        "qRcmd,68",
                                        "c80000000",
                                        "s",
                                        "qfThreadInfo",
                                        "qsThreadInfo",
                                        "qThreadExtraInfo,2",
                                        "vRun;",
                                        "D",
                                        "k",
                                        "R00"};

class Mutator {
 public:
  std::string packet() {
    std::string text = kPackets[pick(kPackets.size())];
    for (std::size_t changes = pick(4); changes > 0; --changes) {
      const std::size_t place = pick(text.size() + 1);
      switch (pick(4)) {
        case 0:
          text.insert(place, 1, byte());
          break;
        case 1:
          text = text.substr(0, place);
          break;
        case 2:
          text += kPackets[pick(kPackets.size())];
          break;
        default:
          if (place < text.size()) {
            text[place] = byte();
          }
      }
    }
    return text;
  }
  char byte() {
    constexpr char kLikely[] = "0123456789abcdef,:;#$*}=-xX";
    return pick(2) == 0 ? static_cast<char>(pick(256)) : kLikely[pick(sizeof kLikely - 1)];
  }
  std::size_t pick(std::size_t limit) { return random_() % limit; }

 private:
  std::mt19937 random_{7};
};

TEST(Fuzz, CommandsOfAllShapesAreAnswered) {
  auto bench = std::make_unique<Bench>();
  Mutator mutator;
  for (unsigned i = 0; i < kRounds; ++i) {
    const std::string packet = mutator.packet();
    for (const std::string& reply : bench->send(packet)) {
      ASSERT_LE(reply.size(), kMaxPayload) << packet;
    }
    if (bench->next == Next::kKill) {
      bench = std::make_unique<Bench>();
    } else if (bench->next == Next::kResume) {
      bench->harts.go(static_cast<std::uint32_t>(mutator.pick(4)), 0x80000100);
    }
  }
  EXPECT_EQ(bench->send("qC").at(0).substr(0, 2), "QC");
}

TEST(Fuzz, StreamsOfAllShapesAreCutIntoPackets) {
  Mutator mutator;
  PacketReader reader;
  unsigned packets = 0;
  for (unsigned i = 0; i < kRounds; ++i) {
    std::string bytes = mutator.pick(3) == 0 ? mutator.packet() : frame(mutator.packet());
    if (mutator.pick(8) == 0) {
      bytes[mutator.pick(bytes.size() + 1) % std::max<std::size_t>(bytes.size(), 1)] = '#';
    }
    reader.feed(bytes);
    for (PacketReader::Event event = reader.next(); event.kind != PacketReader::Kind::kNone;
         event = reader.next()) {
      packets += event.kind == PacketReader::Kind::kPacket ? 1 : 0;
    }
  }
  EXPECT_GT(packets, kRounds / 4);
}

}  // namespace
}  // namespace tessera::debug::test
