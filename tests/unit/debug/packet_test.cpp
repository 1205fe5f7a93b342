// SPDX-License-Identifier: Apache-2.0
#include "platform/debug/packet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::debug {
namespace {

using Kind = PacketReader::Kind;

TEST(PacketReader, PacketsComeOutWhateverThePieces) {
  PacketReader reader;
  for (const char byte : std::string("+$qC#b4\x03-noise$g#67")) {
    reader.feed(std::string(1, byte));
  }
  EXPECT_EQ(reader.next().kind, Kind::kAck);
  const PacketReader::Event first = reader.next();
  EXPECT_EQ(first.kind, Kind::kPacket);
  EXPECT_EQ(first.payload, "qC");
  EXPECT_EQ(reader.next().kind, Kind::kInterrupt);
  EXPECT_EQ(reader.next().kind, Kind::kNak);
  EXPECT_EQ(reader.next().payload, "g");
  EXPECT_EQ(reader.next().kind, Kind::kNone);
}

TEST(PacketReader, APacketWaitsForItsChecksum) {
  PacketReader reader;
  reader.feed("$qC#b");
  EXPECT_EQ(reader.next().kind, Kind::kNone);
  reader.feed("4");
  EXPECT_EQ(reader.next().payload, "qC");
}

TEST(PacketReader, WrongChecksumsAreDamage) {
  PacketReader reader;
  reader.feed("$qC#b5$qC#zz$#00");
  EXPECT_EQ(reader.next().kind, Kind::kDamaged);
  EXPECT_EQ(reader.next().kind, Kind::kDamaged);
  const PacketReader::Event empty = reader.next();
  EXPECT_EQ(empty.kind, Kind::kPacket);
  EXPECT_EQ(empty.payload, "");
}

TEST(PacketReader, OverlongPacketsAreDroppedWithoutKeepingThem) {
  PacketReader reader;
  reader.feed("$" + std::string(kMaxPayload * 4, 'x'));
  EXPECT_EQ(reader.next().kind, Kind::kNone);
  reader.feed("more#00$qC#b4");
  EXPECT_EQ(reader.next().kind, Kind::kDamaged);
  EXPECT_EQ(reader.next().payload, "qC");
}

TEST(Packet, FramesCarryTheChecksum) {
  EXPECT_EQ(frame("qC"), "$qC#b4");
  EXPECT_EQ(frame(""), "$#00");
}

TEST(Packet, HexGoesBothWays) {
  EXPECT_EQ(to_hex(std::string("\x00\xab\x7f", 3)), "00ab7f");
  EXPECT_EQ(from_hex("00AB7f"), std::string("\x00\xab\x7f", 3));
  EXPECT_EQ(from_hex("0"), std::nullopt);
  EXPECT_EQ(from_hex("0g"), std::nullopt);
  EXPECT_EQ(to_hex_little_endian(0x12345678), "78563412");
  EXPECT_EQ(from_hex_little_endian("78563412"), 0x12345678u);
  EXPECT_EQ(from_hex_little_endian("785634"), std::nullopt);
}

TEST(Packet, EscapesGoBothWays) {
  const std::string bytes("a#$*}\x00z", 7);
  EXPECT_EQ(unescape(escape(bytes)), bytes);
  EXPECT_EQ(escape(bytes).find('#'), std::string::npos);
  EXPECT_EQ(unescape("}"), "}") << "an escape without its byte";
}

TEST(Cursor, NumbersEndWhereDigitsEnd) {
  Cursor cursor("1f,ffffffffffffffff0");
  EXPECT_EQ(cursor.number(), 0x1fu);
  EXPECT_FALSE(cursor.take(";"));
  EXPECT_TRUE(cursor.take(","));
  EXPECT_EQ(cursor.number(), std::nullopt) << "more than 64 bits";
}

}  // namespace
}  // namespace tessera::debug
