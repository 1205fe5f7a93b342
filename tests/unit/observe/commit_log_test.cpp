// SPDX-License-Identifier: Apache-2.0
// Lines of the commit log, and that frames and files hold just them.
#include "platform/observe/commit_log.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <zstd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/base/observers.h"

namespace tessera {
namespace {

constexpr const char* kPrefix = "core   3: 3 ";

CommitRecord load(std::uint32_t pc, std::uint32_t result, std::uint32_t address) {
  CommitRecord record;
  record.pc = pc;
  record.raw = 0x0005a503;
  record.rd = 10;
  record.bytes = 4;
  record.values = {result, 0, address, 0};
  return record;
}

CommitRecord access(AccessKind kind, std::uint8_t bytes, std::uint32_t data) {
  CommitRecord record = load(0x80000000, 0, 0x1230);
  record.kind = kind;
  record.bytes = bytes;
  record.values[CommitRecord::kData] = data;
  return record;
}

std::string line_of(const CommitRecord& record) {
  std::string text(kMaxCommitLine, '?');
  text.resize(write_commit_line(text.data(), kPrefix, record).length);
  return text;
}

std::string lines_of(const std::vector<CommitRecord>& records) {
  std::string text;
  for (const CommitRecord& record : records) {
    text += line_of(record);
  }
  return text;
}

/// The text of all frames in `bytes`.
template <typename Bytes>
std::string decompressed(const Bytes& bytes) {
  std::string text;
  std::vector<char> piece(1u << 16);
  ZSTD_DStream* const stream = ZSTD_createDStream();
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  std::size_t left = 0;
  bool has_more = true;
  while (has_more && ZSTD_isError(left) == 0) {
    ZSTD_outBuffer output{piece.data(), piece.size(), 0};
    left = ZSTD_decompressStream(stream, &output, &input);
    text.append(piece.data(), output.pos);
    has_more = input.pos < input.size || output.pos == output.size;
  }
  EXPECT_EQ(left, 0u) << "not a whole number of frames";
  ZSTD_freeDStream(stream);
  return text;
}

std::vector<char> frame_of(CommitFrames& frames, const std::vector<CommitRecord>& records) {
  std::vector<char> frame;
  EXPECT_TRUE(frames.compress(kPrefix, records, frame));
  return frame;
}

TEST(CommitLine, ShowsWhatAnInstructionDid) {
  CommitRecord record;
  record.pc = 0x80000abc;
  record.raw = 0x00000013;
  EXPECT_EQ(line_of(record), "core   3: 3 0x80000abc (0x00000013)\n");
  record.csr = 0x7d0;
  record.rd = 5;
  record.set_result(0xfedcba98);
  record.values[CommitRecord::kData] = 0x01234567;
  EXPECT_EQ(line_of(record),
            "core   3: 3 0x80000abc (0x00000013) x5  0xfedcba98 c2000_trace 0x01234567\n");
  EXPECT_EQ(line_of(access(AccessKind::kStore, 1, 0xab)),
            "core   3: 3 0x80000000 (0x0005a503) x10 0x00000000 mem 0x00001230 0xab\n");
}

TEST(CommitLine, ShowsRegistersInOrderAndOneOnce) {
  CommitRecord record = load(0x100, 0x55, 0x1000);
  record.incremented = 9;
  record.values[CommitRecord::kIncrement] = 0x1004;
  const std::string begin = "core   3: 3 0x00000100 (0x0005a503)";
  EXPECT_EQ(line_of(record), begin + " x9  0x00001004 x10 0x00000055 mem 0x00001000\n");
  record.incremented = 11;
  EXPECT_EQ(line_of(record), begin + " x10 0x00000055 x11 0x00001004 mem 0x00001000\n");
  record.incremented = 10;
  EXPECT_EQ(line_of(record), begin + " x10 0x00000055 mem 0x00001000\n");
}

TEST(CommitLine, AtomicsShowWhatTheirResultTells) {
  const std::string begin = "core   3: 3 0x80000000 (0x0005a503) x10 ";
  CommitRecord amo = access(AccessKind::kAmoAdd, 4, 3);
  amo.is_pending = true;
  EXPECT_EQ(line_of(amo), begin + "pending mem 0x00001230\n");
  amo.set_result(4);
  EXPECT_EQ(line_of(amo), begin + "0x00000004 mem 0x00001230 mem 0x00001230 0x00000007\n");
  CommitRecord conditional = access(AccessKind::kStoreConditional, 4, 3);
  conditional.set_result(0);
  EXPECT_EQ(line_of(conditional), begin + "0x00000000 mem 0x00001230 0x00000003\n");
  conditional.set_result(1);
  EXPECT_EQ(line_of(conditional), begin + "0x00000001\n");
}

TEST(CommitFrames, HoldTheLines) {
  CommitFrames frames;
  std::vector<CommitRecord> records;
  EXPECT_EQ(decompressed(frame_of(frames, records)), "");
  records.push_back(load(0x100, 1, 0x1000));
  EXPECT_EQ(decompressed(frame_of(frames, records)), lines_of(records));
  // The same again, then one value or both changed in the first, last and all digits.
  for (const std::uint32_t change : {0u, 1u, 0x80000000u, 0x00100000u, 0xffffffffu}) {
    records.push_back(load(0x100, 1 ^ change, 0x1000));
    records.push_back(load(0x100, 1, 0x1000 ^ change));
    records.push_back(load(0x100, 1 ^ change, 0x1000 ^ change));
  }
  EXPECT_EQ(decompressed(frame_of(frames, records)), lines_of(records));
}

TEST(CommitFrames, HoldCodeThatChanges) {
  CommitFrames frames;
  std::vector<CommitRecord> records(2, load(0x100, 1, 0x1000));
  records.push_back(records.back());
  records.back().raw = 0x13;  // another word at the same pc
  records.back().bytes = 0;
  records.push_back(load(0x100, 2, 0x1000));
  records.push_back(load(0x100 + (1u << 14), 3, 0x1000));  // pcs that differ high up
  records.push_back(load(0x100, 4, 0x1000));
  records.push_back(load(0x100, 0, 0x1000));
  records.back().is_pending = true;
  records.push_back(load(0x100, 5, 0x1000));
  EXPECT_EQ(decompressed(frame_of(frames, records)), lines_of(records));
}

/// `count` instructions of a loop with all kinds of lines.
std::vector<CommitRecord> loop(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  std::vector<CommitRecord> body;
  for (std::uint32_t pc = 0x80000000; pc < 0x80000040; pc += 4) {
    const std::array<std::uint8_t, 4> sizes = {0, 1, 2, 4};
    body.push_back(load(pc, 0, 0));
    body.back().raw = static_cast<std::uint32_t>(random());
    body.back().bytes = sizes[random() % 4];
    body.back().rd = static_cast<std::uint8_t>(random() % 32);
    body.back().incremented = random() % 4 == 0 ? 7 : 0;
    body.back().kind = static_cast<AccessKind>(random() % 6);
  }
  std::vector<CommitRecord> records;
  while (records.size() < count) {
    records.push_back(
        body[random() % 8 == 0 ? random() % body.size() : records.size() % body.size()]);
    for (std::uint32_t& value : records.back().values) {
      value = static_cast<std::uint32_t>(random() >> random() % 64);
    }
  }
  return records;
}

TEST(CommitFrames, HoldMoreThanOneBlock) {
  CommitFrames frames;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<CommitRecord> records = loop(seed, 500 * seed);
    ASSERT_EQ(decompressed(frame_of(frames, records)), lines_of(records)) << "seed " << seed;
  }
  // The longest match: one line for several blocks.
  const std::vector<CommitRecord> records(8192, load(0x100, 1, 0x1000));
  const std::vector<char> frame = frame_of(frames, records);
  EXPECT_EQ(decompressed(frame), lines_of(records));
  EXPECT_LT(frame.size(), 400u);
}

TEST(CommitFrames, HoldLinesOutOfReachOfEachOther) {
  CommitFrames frames;
  std::vector<CommitRecord> records = loop(1, 200'000);  // 12 MB of text
  records.front() = load(0x100, 1, 0x1000);
  records.back() = load(0x100, 2, 0x1000);
  EXPECT_TRUE(decompressed(frame_of(frames, records)) == lines_of(records));
}

TEST(CommitFrames, DependOnTheirRecordsAlone) {
  CommitFrames fresh;
  CommitFrames used;
  frame_of(used, loop(1, 3000));
  const std::vector<CommitRecord> records = loop(2, 2000);
  EXPECT_EQ(frame_of(fresh, records), frame_of(used, records));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Has a folder.
class CommitFilesTest : public ::testing::Test {
 protected:
  CommitFilesTest() { std::filesystem::create_directories(folder_); }
  ~CommitFilesTest() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                        fmt::format("commit_log_test.{}", std::random_device()());
};

using CommitLogTest = CommitFilesTest;

TEST_F(CommitLogTest, ResultsComeInAnyOrder) {
  const Observers observers;
  CommitLog log(folder_, TraceWindow(), observers, 1);
  RetiredInstruction amo;  // to x0
  amo.pc = 0x100;
  amo.is_result_pending = true;
  amo.access = {AccessKind::kAmoAdd, 4, 0x1000, 1, 7};
  log.retired(amo);
  amo.pc = 0x104;
  amo.access = {AccessKind::kAmoAdd, 4, 0x2000, 1, 8};
  log.retired(amo);
  log.load_returned(0, 8, 0x20, 50);
  log.load_returned(0, 9, 0x30, 51);  // of an instruction outside the window
  log.load_returned(0, 7, 0x10, 52);
  log.finish(60);
  EXPECT_EQ(decompressed(read_file(folder_ / "hart_0.log.zst")),
            "core   0: 3 0x00000100 (0x00000000) mem 0x00001000 mem 0x00001000 0x00000011\n"
            "core   0: 3 0x00000104 (0x00000000) mem 0x00002000 mem 0x00002000 0x00000021\n");
}

class CommitLogWriterTest : public CommitFilesTest {
 protected:
  static constexpr std::uint32_t kHarts = 3;
  static constexpr std::uint64_t kChunks = 120;  // more than wait at a time

  /// What the files hold when harts write chunks in turns.
  std::vector<std::string> files(std::uint64_t max_bytes) {
    CommitLogWriter writer(max_bytes);
    std::vector<CommitFile*> open;
    for (std::uint32_t hart = 0; hart < kHarts; ++hart) {
      open.push_back(&writer.open(path(hart), hart));
    }
    for (std::uint64_t chunk = 0; chunk < kChunks; ++chunk) {
      std::vector<CommitRecord> records = loop(chunk, 500);
      writer.write(*open[chunk % kHarts], records);
      EXPECT_TRUE(records.empty());
    }
    writer.finish();
    std::vector<std::string> contents;
    for (std::uint32_t hart = 0; hart < kHarts; ++hart) {
      contents.push_back(read_file(path(hart)));
    }
    return contents;
  }
  std::string path(std::uint32_t hart) const { return folder_ / fmt::format("{}.zst", hart); }
};

TEST_F(CommitLogWriterTest, FilesHoldTheirChunksInOrder) {
  const std::vector<std::string> contents = files(~std::uint64_t{0});
  std::string expected;
  for (std::uint64_t chunk = 1; chunk < kChunks; chunk += kHarts) {
    expected += lines_of(loop(chunk, 500));
  }
  for (std::size_t at = expected.find("core   3"); at != std::string::npos;
       at = expected.find("core   3", at + 1)) {
    expected[at + 7] = '1';
  }
  EXPECT_TRUE(decompressed(contents[1]) == expected);
}

TEST_F(CommitLogWriterTest, FullFilesRepeat) {
  const std::vector<std::string> whole = files(~std::uint64_t{0});
  for (const std::uint64_t max_bytes :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{100000}}) {
    const std::vector<std::string> full = files(max_bytes);
    EXPECT_EQ(full, files(max_bytes));
    for (std::uint32_t hart = 0; hart < kHarts; ++hart) {
      const std::string text = decompressed(full[hart]);  // also where nothing was written
      EXPECT_TRUE(decompressed(whole[hart]).compare(0, text.size(), text) == 0);
      EXPECT_LT(full[hart].size(), whole[hart].size());
    }
  }
}

}  // namespace
}  // namespace tessera
