#include <engram/experiment/report/gnuplot.h>
#include <engram/experiment/run/stop.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>

namespace engram::experiment {
namespace {

namespace fs = std::filesystem;

/// A temporary folder inside `parent`, removed with its content by the destructor.
class WorkFolder {
 public:
  explicit WorkFolder(const fs::path& parent) {
    std::string name = (parent / "drawing-XXXXXX").string();
    if (mkdtemp(name.data())) path_ = name;
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  ~WorkFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }  // empty when it could not be created

 private:
  fs::path path_;
};

/// A running `gnuplot FILE`, without a shell, killed by the destructor. Its stderr goes to the file
/// `messages` in the folder.
class Gnuplot {
 public:
  Gnuplot(const fs::path& folder, const std::string& file) : process_(fork()) {
    if (process_ != 0) return;
    const int messages = open((folder / "messages").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (messages >= 0) dup2(messages, STDERR_FILENO);
    if (chdir(folder.c_str()) == 0) execlp("gnuplot", "gnuplot", file.c_str(), nullptr);
    _exit(127);  // a shell's exit code for an unknown command
  }
  Gnuplot(const Gnuplot&) = delete;
  Gnuplot& operator=(const Gnuplot&) = delete;
  ~Gnuplot() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    wait(0);
  }

  /// Waits for the end; returns the exit code, or -1.
  int finish() {
    using namespace std::chrono_literals;
    while (process_ > 0 && !wait(WNOHANG)) {
      stop_if_interrupted();
      std::this_thread::sleep_for(5ms);
    }
    stop_if_interrupted();  // if Ctrl-C has ended gnuplot
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
  }

 private:
  /// Whether the process has ended.
  bool wait(int options) {
    pid_t ended;
    do ended = waitpid(process_, &status_, options);
    while (ended < 0 && errno == EINTR);
    if (ended == 0) return false;
    process_ = 0;
    return true;
  }

  pid_t process_;    // 0 when it has ended
  int status_ = -1;  // of a process that did not exit
};

/// Whether a PNG, GIF or SVG file is complete.
bool is_complete(const fs::path& picture) {
  std::ifstream file(picture, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (picture.extension() == ".png") return bytes.ends_with("IEND\xae\x42\x60\x82");
  if (picture.extension() == ".gif") return bytes.ends_with(';');
  return std::string_view(bytes).substr(0, bytes.find_last_not_of('\n') + 1).ends_with("</svg>");
}

bool warn(const std::string& why) {
  fmt::print(stderr, "warning: no picture: {}\n", why);
  return false;
}

}  // namespace

bool run_gnuplot(const fs::path& path, const std::string& script,
                 const std::vector<std::string>& pictures) {
  // Drawn in a temporary folder, so that a file with its final name is complete, and two programs
  // may draw into one folder.
  const fs::path folder = fs::absolute(path).parent_path(), name = path.filename();
  const WorkFolder work(folder);
  if (work.path().empty()) return warn(fmt::format("cannot write into {}", folder.string()));
  std::ofstream file(work.path() / name);
  file << script << std::flush;
  if (!file.good()) return warn(fmt::format("cannot write {}", path.string()));
  fs::copy_file(work.path() / name, work.path() / "script");  // renamed, so that NAME is complete
  fs::rename(work.path() / "script", path);
  const int exit_code = Gnuplot(work.path(), name.string()).finish();
  if (exit_code == 127) {
    return warn(fmt::format("gnuplot is not installed; once it is, in {}: gnuplot {}",
                            folder.string(), path.filename().string()));
  }
  bool complete = exit_code == 0;
  for (const std::string& picture : pictures) complete &= is_complete(work.path() / picture);
  if (!complete) {
    std::ifstream messages(work.path() / "messages");
    fmt::print(stderr, "{}", std::string(std::istreambuf_iterator<char>(messages), {}));
    return warn(fmt::format("gnuplot failed on {}", path.string()));
  }
  for (const std::string& picture : pictures) {
    fs::rename(work.path() / picture, folder / picture);
  }
  return true;
}

}  // namespace engram::experiment
