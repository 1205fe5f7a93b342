// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/debug/hart_list.h"
#include "tests/unit/debug/fake_machine.h"

namespace tessera::debug::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Session, TellsWhatItSupports) {
  Bench bench;
  const std::string text = bench.send("qSupported:multiprocess+;swbreak+").at(0);
  for (const char* feature : {"PacketSize=4000", "QStartNoAckMode+", "qXfer:features:read+",
                              "qXfer:threads:read+", "qXfer:memory-map:read+", "swbreak+"}) {
    EXPECT_THAT(text, HasSubstr(feature));
  }
  EXPECT_THAT(bench.send("vCont?"), ElementsAre("vCont;c;C;s;S;t;r"));
  EXPECT_THAT(bench.send("QStartNoAckMode"), ElementsAre("OK"));
  EXPECT_THAT(bench.send("!"), ElementsAre("OK"));
}

TEST(Session, UnknownCommandsHaveAnEmptyReply) {
  Bench bench;
  for (const char* packet : {"", "vMustReplyEmpty", "qFoo", "QNonStop:1", "b", "Z9,0,4", "\x7f"}) {
    EXPECT_THAT(bench.send(packet), ElementsAre("")) << packet;
  }
}

TEST(Session, RegistersAreReadAndWritten) {
  Bench bench;
  bench.harts.harts[1].x[10] = 0x12345678;
  bench.send("Hg2");
  EXPECT_THAT(bench.send("pa"), ElementsAre("78563412"));
  EXPECT_THAT(bench.send("p20"), ElementsAre("00000080"));
  EXPECT_THAT(bench.send("pf55"), ElementsAre("01000000")) << "mhartid";
  EXPECT_THAT(bench.send("p33"), ElementsAre("E01"));
  EXPECT_THAT(bench.send("P5=01000000"), ElementsAre("OK"));
  EXPECT_EQ(bench.harts.harts[1].x[5], 1u);
  EXPECT_THAT(bench.send("P811=07000000"), ElementsAre("OK"));
  EXPECT_EQ(bench.harts.harts[1].trace, 7u);
  EXPECT_THAT(bench.send("Pf55=07000000"), ElementsAre("E01")) << "read-only";
  EXPECT_THAT(bench.send("P5=0100"), ElementsAre("E01"));
  EXPECT_EQ(bench.send("g").at(0).size(), 33u * 8);
}

TEST(Session, ARegisterThatIsBeingLoadedIsUnavailable) {
  Bench bench;
  bench.harts.harts[0].loaded = 10;
  EXPECT_THAT(bench.send("pa"), ElementsAre("xxxxxxxx"));
  EXPECT_EQ(bench.send("g").at(0).substr(10 * 8, 8), "xxxxxxxx");
}

// GDB gives up a session over an unavailable register there; left out, it asks for it.
TEST(Session, AStopReplyLeavesOutARegisterThatIsBeingLoaded) {
  Bench bench;
  bench.harts.harts[0].loaded = 8;
  EXPECT_THAT(bench.session.stop_replies({}), ElementsAre("T05thread:1;20:00000080;2:00000000;"));
  bench.harts.harts[0].loaded = 2;
  EXPECT_THAT(bench.session.stop_replies({}), ElementsAre("T05thread:1;20:00000080;8:00000000;"));
}

TEST(Session, AllRegistersAreWrittenAtOnce) {
  Bench bench;
  std::string text;
  for (int i = 0; i < 33; ++i) {
    text += to_hex_little_endian(static_cast<std::uint32_t>(i * 4));
  }
  EXPECT_THAT(bench.send("G" + text), ElementsAre("OK"));
  EXPECT_EQ(bench.harts.harts[0].x[31], 124u);
  EXPECT_EQ(bench.harts.harts[0].x[0], 0u);
  EXPECT_EQ(bench.harts.harts[0].pc, 128u);
  EXPECT_THAT(bench.send("G0000"), ElementsAre("E01"));
}

TEST(Session, MemoryIsReadAndWritten) {
  Bench bench;
  EXPECT_THAT(bench.send("M1000,4:01020304"), ElementsAre("OK"));
  EXPECT_THAT(bench.send("m1001,2"), ElementsAre("0203"));
  EXPECT_THAT(bench.send(std::string("X1004,3:\x7d\x03#*", 13).substr(0, 12)),
              ElementsAre("OK"));  // "}\x03" is '#'
  EXPECT_THAT(bench.send("m1004,3"), ElementsAre("23232a"));
  EXPECT_THAT(bench.send("X1000,0:"), ElementsAre("OK")) << "GDB asks whether X is there";
  EXPECT_THAT(bench.send("m1082,2"), ElementsAre("0000")) << "part of a register";
}

TEST(Session, MemoryThatIsNotThereIsABadAddress) {
  Bench bench;
  for (const char* packet : {"m2000,4", "m0,1", "mfffffffc,8", "m100000000,4", "M2000,1:00",
                             "X10ff,4:abcd", "m1000,4001"}) {
    EXPECT_THAT(bench.send(packet), ElementsAre("E14")) << packet;
  }
  EXPECT_EQ(bench.send("m10f8,10").at(0).size(), 16u) << "as much as there is";
  EXPECT_THAT(bench.send("M1000,4:00"), ElementsAre("E01")) << "too few bytes";
}

TEST(Session, ThreadsAreHartsWithTheirNames) {
  Bench bench;
  EXPECT_THAT(bench.send("qC"), ElementsAre("QC1"));
  EXPECT_THAT(bench.send("qfThreadInfo"), ElementsAre("m1,2,3,4"));
  EXPECT_THAT(bench.send("qsThreadInfo"), ElementsAre("l"));
  EXPECT_THAT(bench.send("qXfer:threads:read::0,4000").at(0),
              HasSubstr("<thread id=\"4\" core=\"3\" name=\"tile[0].core[3]\">running</thread>"));
  EXPECT_THAT(bench.send("T4"), ElementsAre("OK"));
  for (const char* packet : {"T5", "T0", "Tx", "Hg5", "H", "Hx1"}) {
    EXPECT_THAT(bench.send(packet), ElementsAre("E01")) << packet;
  }
  bench.debugger.set_harts({1, 3});
  EXPECT_THAT(bench.send("qfThreadInfo"), ElementsAre("m2,4"));
  EXPECT_THAT(bench.send("T1"), ElementsAre("E01"));
}

// GDB goes on by itself from stops that it does not show, and sends the byte in between.
TEST(Session, AnInterruptOfAMachineThatStandsStillEndsTheNextResumption) {
  Bench bench;
  bench.send("qXfer:threads:read::0,1000");
  bench.session.stop_replies({});
  bench.session.interrupt();
  EXPECT_THAT(bench.send("p20"), ElementsAre("00000080"));
  EXPECT_THAT(bench.send("vCont;s:2;c").at(0), HasSubstr("T02thread:2;"));
  EXPECT_EQ(bench.next, Next::kStay);
  bench.send("vCont;c");
  EXPECT_EQ(bench.next, Next::kResume) << "once";
}

TEST(Session, AnInterruptIsForgottenWhenTheStopIsShownToTheUser) {
  for (const char* list : {"qXfer:threads:read::0,1000", "qfThreadInfo"}) {
    Bench bench;
    bench.session.stop_replies({});
    bench.session.interrupt();
    bench.send(list);
    bench.send("vCont;c");
    EXPECT_EQ(bench.next, Next::kResume) << list;
  }
}

// GDB goes on by itself from accesses that do not fulfil a watchpoint's condition.
TEST(Session, AccessesAreToldUntilGdbDoesNotShowThem) {
  Bench bench;
  const auto told = [&](AgentId agent) {
    StopEvent event;
    event.kind = StopEvent::Kind::kWatchpoint;
    event.agent = agent;
    event.hart = agent < 4 ? std::optional(agent) : std::nullopt;
    event.text = fmt::format("agent {}", agent);
    const std::vector<std::string> packets = bench.session.stop_replies(event);
    return packets.size() == 1 ? "" : from_hex(packets.at(0).substr(1)).value_or("?");
  };
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(told(1), "[tessera] agent 1\n");
  }
  EXPECT_THAT(told(1), HasSubstr("more of them are left out"));
  EXPECT_EQ(told(1), "");
  EXPECT_EQ(told(2), "") << "GDB names harts";
  EXPECT_EQ(told(7), "[tessera] agent 7\n") << "and nobody else";
  EXPECT_EQ(told(7), "");
  EXPECT_EQ(told(2), "[tessera] agent 2\n") << "else the user would take it for agent 7";
  bench.send("qXfer:threads:read::0,1000");
  EXPECT_EQ(told(2), "[tessera] agent 2\n");
}

TEST(Session, DocumentsComeInParts) {
  Bench bench;
  std::string text;
  std::string part;
  do {
    part = bench.send("qXfer:features:read:target.xml:" + fmt::format("{:x}", text.size()) + ",50")
               .at(0);
    text += part.substr(1);
  } while (part.front() == 'm');
  EXPECT_THAT(text,
              HasSubstr("<reg name=\"mhartid\" bitsize=\"32\" type=\"int\" regnum=\"3925\"/>"));
  EXPECT_THAT(bench.send("qXfer:features:read:target.xml:10000,50"), ElementsAre("l"));
  EXPECT_THAT(bench.send("qXfer:features:read:none.xml:0,50"), ElementsAre("E00"));
  EXPECT_THAT(bench.send("qXfer:memory-map:read::0,4000").at(0),
              HasSubstr("<memory type=\"ram\" start=\"0x1000\" length=\"0x100\"/>"));
  EXPECT_THAT(bench.send("qXfer:features:read:target.xml:x,50"), ElementsAre("E01"));
}

TEST(Session, MonitorCommandsAreHexCoded) {
  Bench bench;
  bench.monitor.add({"echo", "<word>", "says it", [](const Monitor::Words& words) {
                       return words.size() == 1 ? std::optional(words[0]) : std::nullopt;
                     }});
  const auto run = [&](const std::string& line) {
    const std::vector<std::string> replies = bench.send("qRcmd," + to_hex(line));
    EXPECT_EQ(replies.back(), "OK");
    return from_hex(replies.front().substr(1)).value_or("");
  };
  EXPECT_EQ(run("echo  hello"), "hello\n");
  EXPECT_EQ(run("echo"), "usage: monitor echo <word>\n");
  EXPECT_EQ(run("ecko x"), "no command 'ecko', did you mean 'echo'?; 'monitor help' lists them\n");
  EXPECT_THAT(run("help"), HasSubstr("echo <word>"));
  EXPECT_THAT(bench.send("qRcmd,zz"), ElementsAre("E01"));
}

TEST(Session, TheEndOfTheRunIsAllThatIsLeft) {
  Bench bench;
  EXPECT_THAT(bench.send("qXfer:threads:read::0,fff").at(0), HasSubstr("<thread id"));
  EXPECT_EQ(bench.session.end_reply(7), "W07");
  EXPECT_THAT(bench.send("?"), ElementsAre("W07"));
  EXPECT_THAT(bench.send("g"), ElementsAre("E01"));
  EXPECT_THAT(bench.send("vCont;c"), ElementsAre("E01"));
  EXPECT_THAT(bench.send("qfThreadInfo"), ElementsAre("l"));
  EXPECT_THAT(bench.send("qXfer:threads:read::0,fff").at(0), Not(HasSubstr("<thread id")));
  EXPECT_THAT(bench.send("D"), ElementsAre("OK"));
  EXPECT_EQ(bench.next, Next::kDetach);
  bench.send("vRun;");
  EXPECT_EQ(bench.next, Next::kRestart);
}

TEST(Session, LeavingIsDetachOrKill) {
  Bench bench;
  EXPECT_THAT(bench.send("D"), ElementsAre("OK"));
  EXPECT_EQ(bench.next, Next::kDetach);
  EXPECT_THAT(bench.send("k"), IsEmpty());
  EXPECT_EQ(bench.next, Next::kKill);
  bench.send("R00");
  EXPECT_EQ(bench.next, Next::kRestart);
}

TEST(HartList, RangesAndSingleHarts) {
  EXPECT_EQ(parse_harts("0-2,7", 8), (std::vector<std::uint32_t>{0, 1, 2, 7}));
  EXPECT_EQ(parse_harts("all", 2), (std::vector<std::uint32_t>{0, 1}));
  for (const char* text : {"", "8", "2-1", "a", "1-", "-1", "1,", ",", "1--2", "99999999999"}) {
    EXPECT_EQ(parse_harts(text, 8), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tessera::debug::test
