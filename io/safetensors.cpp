#include <engram/io/json.h>
#include <engram/io/safetensors.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace engram::safetensors {
namespace {

using json::quote;

constexpr std::size_t max_name_bytes = 1024;
constexpr std::string_view metadata = "__metadata__";  // an object of strings, not a tensor

/// Reads the header's object member by member.
class Reader {
 public:
  Reader(const std::string& file, std::string_view text, std::uint64_t data_bytes)
      : json_("load: " + file, text, sizeof(std::uint64_t)),
        header_bytes_(text.size()),
        data_bytes_(data_bytes) {}

  std::vector<Entry> read() {
    json_.object([this] {
      const std::size_t at = json_.position();
      std::string name = json_.name();
      json_.check_at(at, name.size() <= max_name_bytes, "a name of {} bytes is longer than {}",
                     name.size(), max_name_bytes);
      json_.check_at(at, names_.insert(name).second, "{} is named twice", quote(name));
      if (name == metadata)
        read_metadata();
      else
        read_entry(std::move(name));
    });
    json_.end();
    check_layout();
    return std::move(entries_);
  }

 private:
  /// Any strings; Engram's have the format version.
  void read_metadata() {
    bool ours = false;
    std::string version;
    json_.object([&] {
      const std::string key = json_.name(), value = json_.string();
      if (key == "format") ours = value == "engram";
      if (key == "version") version = value;
    });
    if (ours) check_version(version);
  }

  void check_version(const std::string& text) {
    int version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    check_here(error == std::errc() && end == text.data() + text.size() && version >= 1,
               "the format version {} is no number", quote(text));
    check_here(version <= format_version,
               "the format version is {}, this version of Engram reads 1 to {}: load the file with "
               "the version that wrote it, or a later one",
               version, format_version);
  }

  void read_entry(std::string name) {
    Entry entry;
    entry.name = std::move(name);
    bool has_dtype = false, has_shape = false, has_offsets = false;
    const auto first = [&](bool& has, const std::string& field) {
      check_here(!std::exchange(has, true), "{}: {} is given twice", quote(entry.name),
                 quote(field));
    };
    json_.object([&] {
      const std::string field = json_.name();
      if (field == "dtype") {
        first(has_dtype, field);
        entry.dtype = read_dtype(entry.name);
      } else if (field == "shape") {
        first(has_shape, field);
        for (const std::uint64_t size : json_.numbers(Shape::max_rank)) {
          entry.shape.push_back(static_cast<std::int64_t>(size));
        }
      } else if (field == "data_offsets") {
        first(has_offsets, field);
        const std::vector<std::uint64_t> offsets = json_.numbers(2);
        check_here(offsets.size() == 2, "{}: data_offsets holds {} numbers, expected 2",
                   quote(entry.name), offsets.size());
        entry.begin = offsets[0];
        entry.end = offsets[1];
      } else {
        check_here(false, "{}: the field {} is unknown", quote(entry.name), quote(field));
      }
    });
    for (const auto& [has, field] : {std::pair(has_dtype, "dtype"), std::pair(has_shape, "shape"),
                                     std::pair(has_offsets, "data_offsets")}) {
      check_here(has, "{}: {} is missing", quote(entry.name), quote(field));
    }
    check_size(entry);
    entries_.push_back(std::move(entry));
  }

  DType read_dtype(const std::string& entry) {
    const std::string name = json_.string();
    const auto found = std::ranges::find(dtypes, name, &DTypeRow::safetensors);
    if (found == std::end(dtypes)) {
      std::vector<std::string_view> known;
      for (const DTypeRow& row : dtypes) known.push_back(row.safetensors);
      check_here(false, "{}: the dtype {} is none of {}", quote(entry), quote(name),
                 fmt::format("{}", fmt::join(known, ", ")));
    }
    return found->dtype;
  }

  /// Checks that an entry's bytes lie within the data and match its shape.
  void check_size(const Entry& entry) {
    check_here(entry.begin <= entry.end && entry.end <= data_bytes_,
               "{}: data_offsets {} to {} do not lie within {} bytes of data", quote(entry.name),
               entry.begin, entry.end, data_bytes_);
    std::uint64_t product = 1;  // without zeros, as in the check of every tensor's shape
    bool empty = false;
    for (const std::int64_t each : entry.shape) {
      const auto size = static_cast<std::uint64_t>(each);
      empty |= size == 0;
      if (size == 0) continue;
      check_here(product <= (std::uint64_t{1} << 53) / size,
                 "{}: a tensor of shape {} is too large", quote(entry.name), entry.shape);
      product *= size;
    }
    const std::uint64_t needed = empty ? 0 : product * size_of(entry.dtype);
    check_here(needed == entry.end - entry.begin,
               "{}: data_offsets hold {} bytes, shape {} of {} needs {}", quote(entry.name),
               entry.end - entry.begin, entry.shape, entry.dtype, needed);
  }

  /// Checks that the tensors cover the data without gaps and overlaps.
  void check_layout() const {
    std::vector<const Entry*> order;
    for (const Entry& entry : entries_) order.push_back(&entry);
    std::ranges::sort(order, {}, [](const Entry* e) { return std::pair(e->begin, e->end); });
    std::uint64_t covered = 0;
    for (const Entry* entry : order) {
      json_.check_at(header_bytes_ + covered, entry->begin == covered,
                     "{}: the data begins at {}, expected {}", quote(entry->name), entry->begin,
                     covered);
      covered = entry->end;
    }
    json_.check_at(header_bytes_ + covered, covered == data_bytes_,
                   "{} bytes follow the last tensor", data_bytes_ - covered);
  }

  template <class... Args>
  void check_here(bool ok, fmt::format_string<const Args&...> text, const Args&... args) {
    if (!ok) json_.check_at(json_.position(), ok, text, args...);
  }

  json::Scanner json_;
  std::size_t header_bytes_;
  std::uint64_t data_bytes_;
  std::vector<Entry> entries_;
  std::unordered_set<std::string> names_;
};

}  // namespace

std::string write_header(const std::vector<Entry>& entries) {
  std::string header = fmt::format("{{{}:{{\"format\":\"engram\",\"version\":\"{}\"}}",
                                   quote(metadata), format_version);
  for (const Entry& entry : entries) {
    check(entry.name.size() <= max_name_bytes, "save: a name of {} bytes is longer than {}",
          entry.name.size(), max_name_bytes);
    check(json::is_utf8(entry.name), "save: a name is not UTF-8");
    check(entry.name != metadata, "save: the format keeps the name {} for itself", quote(metadata));
    header += fmt::format(",{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                          quote(entry.name), row_of(entry.dtype).safetensors,
                          fmt::join(entry.shape, ","), entry.begin, entry.end);
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');  // aligns the elements
  check(header.size() <= max_header_bytes,
        "save: {} names and shapes take {} bytes, at most {} are allowed", entries.size(),
        header.size(), max_header_bytes);
  return header;
}

std::vector<Entry> read_header(const std::string& file, std::string_view header,
                               std::uint64_t data_bytes) {
  return Reader(file, header, data_bytes).read();
}

}  // namespace engram::safetensors
