// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/compressed_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include <zstd.h>

#include "models/base/error.h"

namespace tessera {

namespace {
// Logs are written beside a running simulation: a tenth of their size, in two thirds of the time
// of level 1.
constexpr int kLevel = -3;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
}  // namespace

class CompressedFile::Impl {
 public:
  explicit Impl(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "wb")) {
    if (!file_) {
      throw ConfigError(path, std::string("cannot write: ") + std::strerror(errno));
    }
    if (ends_with(path, ".zst")) {
      context_.reset(ZSTD_createCCtx());
      ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
      output_.resize(ZSTD_CStreamOutSize());
    }
  }

  void write(std::string_view text, bool is_last) {
    if (!context_) {
      put(text.data(), text.size());
      return;
    }
    ZSTD_inBuffer input{text.data(), text.size(), 0};
    for (bool is_done = false; !is_done;) {
      ZSTD_outBuffer output{output_.data(), output_.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context_.get(), &output, &input,
                                                    is_last ? ZSTD_e_end : ZSTD_e_continue);
      is_bad_ = is_bad_ || ZSTD_isError(left) != 0;
      put(output_.data(), output.pos);
      is_done = is_bad_ || (is_last ? left == 0 : input.pos == input.size);
    }
  }

  std::uint64_t bytes_written() const { return bytes_written_; }

  void close() {
    if (!file_) {
      return;
    }
    if (context_) {
      write("", true);
    }
    is_bad_ = std::fclose(file_.release()) != 0 || is_bad_;
    if (is_bad_) {
      throw ConfigError(path_, "cannot write all of it");
    }
  }

 private:
  void put(const char* bytes, std::size_t count) {
    is_bad_ = is_bad_ || std::fwrite(bytes, 1, count, &*file_) != count;
    bytes_written_ += count;
  }

  const std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::vector<char> output_;
  std::uint64_t bytes_written_ = 0;
  bool is_bad_ = false;
};

CompressedFile::CompressedFile(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
CompressedFile::~CompressedFile() = default;
void CompressedFile::write(std::string_view text) {
  impl_->write(text, false);
}
std::uint64_t CompressedFile::bytes_written() const {
  return impl_->bytes_written();
}
void CompressedFile::close() {
  impl_->close();
}

}  // namespace tessera
