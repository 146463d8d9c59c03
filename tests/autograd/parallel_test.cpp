#include <doctest/doctest.h>
#include <engram/autograd/error.h>
#include <engram/autograd/kernels/available_cpus.h>
#include <engram/autograd/kernels/parallel.h>
#include <engram/autograd/threads.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include "../temporary_folder.h"
#include "forked_child.h"

using namespace engram;

namespace {

class Threads {  // for a scope
 public:
  explicit Threads(int threads) { set_num_threads(threads); }
  ~Threads() { set_num_threads(before_); }

 private:
  int before_ = num_threads();
};

/// The number of visits of each of the n items of a loop.
std::vector<int> visits(std::int64_t n, std::int64_t grain) {
  std::vector<int> count(static_cast<std::size_t>(n));
  kernels::parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) ++count[static_cast<std::size_t>(i)];
  });
  return count;
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  write_file(file, text);
}

}  // namespace

TEST_CASE("parallel_for: every item once, for any number of threads, items and grains") {
  for (const int threads : {1, 2, 3, 8}) {
    const Threads scope(threads);
    for (const std::int64_t n : {0, 1, 2, 7, 100}) {
      for (const std::int64_t grain : {1, 3, 50}) {
        CHECK(visits(n, grain) == std::vector<int>(static_cast<std::size_t>(n), 1));
      }
    }
  }
}

TEST_CASE("parallel_for: the parts do run at the same time") {
  const Threads scope(2);
  std::atomic<int> begun{0};
  const auto meet = [](void* count, std::int64_t, std::int64_t) {
    auto& of_both = *static_cast<std::atomic<int>*>(count);
    ++of_both;
    while (of_both < 2) std::this_thread::yield();  // for ever, if one thread ran both
  };
  kernels::run_in_parallel(2, 2, {&begun, meet});
  CHECK(begun == 2);
}

TEST_CASE("parallel_for: a loop inside of a loop runs where it stands") {
  const Threads scope(3);
  std::atomic<int> visited{0}, most{0};
  kernels::parallel_for(6, 1, [&](std::int64_t, std::int64_t) {
    if (kernels::max_threads() > 1) most = 2;
    const std::thread::id here = std::this_thread::get_id();
    kernels::parallel_for(100, 1, [&](std::int64_t begin, std::int64_t end) {
      if (std::this_thread::get_id() != here) most = 2;
      visited += static_cast<int>(end - begin);
    });
  });
  CHECK(visited % 100 == 0);  // for each part of the outer loop
  CHECK(visited >= 100);
  CHECK(most == 0);
  CHECK(kernels::thread_limit() == 3);
}

TEST_CASE("parallel_for: after an exception the next loops run as ever") {
  const Threads scope(2);
  for (int i = 0; i < 100; ++i) {
    CHECK_THROWS_WITH_AS(
        kernels::parallel_for(2, 1, [](std::int64_t, std::int64_t) { fail<Error>("each part"); }),
        "each part", Error);
    CHECK(visits(10, 1) == std::vector<int>(10, 1));
  }
}

TEST_CASE("parallel_for: several threads of the program each run loops") {
  std::vector<std::thread> users;
  std::atomic<int> wrong{0};
  for (int user = 0; user < 4; ++user) {
    users.emplace_back([&, user] {
      set_num_threads(1 + user);
      for (int i = 0; i < 500; ++i) {
        if (visits(50, 1) != std::vector<int>(50, 1)) ++wrong;
      }
      if (num_threads() != 1 + user) ++wrong;
    });
  }
  for (std::thread& user : users) user.join();
  CHECK(wrong == 0);
}

TEST_CASE("parallel_for: runs in a forked child, and on in its parent") {
  const Threads scope(2);
  for (int i = 0; i < 20; ++i) {
    CHECK(visits(10, 1) == std::vector<int>(10, 1));
    CHECK(in_forked_child([] {
      bool right = true;
      for (int k = 0; k < 10; ++k) right &= visits(10, 1) == std::vector<int>(10, 1);
      return right;
    }));
  }
}

TEST_CASE("parallel_for: a child that is forked while other threads run loops") {
  std::atomic<bool> done{false};
  std::thread other([&] {
    set_num_threads(2);
    while (!done) visits(10, 1);
  });
  const Threads scope(2);
  for (int i = 0; i < 50; ++i) {
    CHECK(in_forked_child([] { return visits(10, 1) == std::vector<int>(10, 1); }));
  }
  done = true;
  other.join();
}

TEST_CASE("default_threads: OMP_NUM_THREADS, or the processors") {
  const char* const set = std::getenv("OMP_NUM_THREADS");
  const std::string before = set ? set : "";
  const auto threads_with = [](const char* text) {
    setenv("OMP_NUM_THREADS", text, 1);
    return kernels::default_threads();
  };
  CHECK(threads_with("3") == 3);
  CHECK(threads_with("5,2") == 5);
  for (const char* text : {"", "0", "-2", "many", "99999999999999999999"}) {
    CHECK(threads_with(text) == kernels::available_cpus());
  }
  unsetenv("OMP_NUM_THREADS");
  CHECK(kernels::default_threads() == kernels::available_cpus());
  if (set) setenv("OMP_NUM_THREADS", before.c_str(), 1);
}

TEST_CASE("available_cpus: no more than the quota of the control groups, of either version") {
  const TemporaryFolder root;
  const auto group = [&](const char* path) { return root.path() / "sys/fs/cgroup" / path; };
  const int all = kernels::available_cpus(root.path());  // without any groups
  REQUIRE(all >= 1);
  const int two = std::min(2, all);

  write(root.path() / "proc/self/cgroup", "0::/service/worker\n");
  write(group("cpu.max"), "max 100000\n");
  CHECK(kernels::available_cpus(root.path()) == all);
  write(group("service/worker/cpu.max"), "100000 100000\n");
  CHECK(kernels::available_cpus(root.path()) == 1);
  write(group("service/worker/cpu.max"), "max 100000\n");
  write(group("service/cpu.max"), "50000 100000\n");  // half of one
  CHECK(kernels::available_cpus(root.path()) == 1);
  write(group("service/cpu.max"), "150000 100000\n");
  CHECK(kernels::available_cpus(root.path()) == two);
  write(group("service/cpu.max"), "garbage");
  CHECK(kernels::available_cpus(root.path()) == all);

  // In a container whose group is mounted as the root, but whose path is the host's.
  write(root.path() / "proc/self/cgroup", "0::/docker/0123456789\n");
  write(group("cpu.max"), "100000 100000\n");
  CHECK(kernels::available_cpus(root.path()) == 1);
  std::filesystem::remove(group("cpu.max"));

  write(root.path() / "proc/self/cgroup", "5:memory:/a\n4:cpu,cpuacct:/job\n1:cpuset:/\n");
  CHECK(kernels::available_cpus(root.path()) == all);
  write(group("cpu,cpuacct/job/cpu.cfs_period_us"), "100000\n");
  write(group("cpu,cpuacct/job/cpu.cfs_quota_us"), "100000\n");
  CHECK(kernels::available_cpus(root.path()) == 1);
  write(group("cpu,cpuacct/job/cpu.cfs_quota_us"), "-1\n");
  CHECK(kernels::available_cpus(root.path()) == all);
  write(root.path() / "proc/self/cgroup", "1:cpu:/\n0::/\n");
  write(group("cpu/cpu.cfs_period_us"), "100000\n");
  write(group("cpu/cpu.cfs_quota_us"), "120000\n");
  CHECK(kernels::available_cpus(root.path()) == 1);
}
