// Fine-tuning: ready models are pretrained on the handwritings of a hundred customers, then
// fine-tuned to a new hand and to Fashion-MNIST on few labelled images, in five ways.
//
// Finished trainings are stored, so that an interrupted run resumes.
#include "common/failure.h"
#include "common/options.h"
#include "finetune/study.h"

#include <engram/autograd/threads.h>
#include <engram/experiment/run/results.h>
#include <engram/experiment/run/stop.h>
#include <engram/io/atomic_file.h>

#include <fmt/format.h>

#include <algorithm>

using namespace engram;
using namespace engram::examples;
using namespace engram::examples::finetuning;

namespace {

struct Command {
  Plan plan;
  std::filesystem::path out = "out/finetune";
  std::filesystem::path data;
  std::optional<int> threads;
};

/// A value that is given twice would count as two.
template <class Value>
void check_distinct(const char* option, std::vector<Value> values) {
  std::ranges::sort(values);
  const auto twice = std::ranges::adjacent_find(values);
  if (twice != values.end()) throw UsageError(fmt::format("{}: {} is given twice", option, *twice));
}

void read(Command& command, int argc, char** argv) {
  CLI::App app(
      "Fine-tunes ready models with few labelled images, in five ways, and compares them.");
  Plan& plan = command.plan;
  const auto names = [&](const char* option, std::vector<std::string>& values, const char* help) {
    app.add_option(option, values, help)
        ->delimiter(',')
        ->check(CLI::IsMember(values))
        ->capture_default_str();
  };
  const auto number = [&](const char* option, auto& value, std::int64_t most, const char* help) {
    app.add_option(option, value, help)->check(whole(1, most))->capture_default_str();
  };
  names("--families", plan.families, "Networks");
  names("--targets", plan.targets, "New tasks: the digits of a new hand, and Fashion-MNIST");
  names("--ways", plan.ways, "How the networks come to them");
  app.add_option("--images", plan.images, "Numbers of labelled images")
      ->delimiter(',')
      ->check(whole(1, 5000))
      ->capture_default_str();
  number("--seeds", plan.seeds, 1000, "How many seeds");
  number("--steps", plan.steps, 1'000'000, "Steps of a training");
  app.add_option("--rates", plan.rates,
                 "Learning rates of the head, of which each way gets the best on validation images")
      ->delimiter(',')
      ->check(above(0))
      ->capture_default_str();
  app.add_option("--width", plan.pretraining.width, "Factor of the networks' channels")
      ->check(above(0))
      ->capture_default_str();
  number("--customers", plan.pretraining.customers, 500, "Customers of the pretraining");
  number("--customer-images", plan.pretraining.images, 50'000, "Images of each of them");
  number("--epochs", plan.pretraining.epochs, 1000, "Epochs of the pretraining");
  app.add_option("--weights", plan.weights,
                 "Safetensors file with the pretrained network of one family");
  app.add_option("--out", command.out, "Folder of what is kept and of the report")
      ->capture_default_str();
  add_machine_options(app, command.threads, command.data, "the folders mnist and fashion-mnist");
  parse_command_line(app, argc, argv);
  if (command.threads) set_num_threads(*command.threads);
  check_distinct("--families", plan.families);
  check_distinct("--targets", plan.targets);
  check_distinct("--ways", plan.ways);
  check_distinct("--images", plan.images);
  check_distinct("--rates", plan.rates);
  if (!plan.weights.empty() && plan.families.size() != 1) {
    throw UsageError("--weights is of one network: say which by --families");
  }
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  AtomicFile file("report", path);
  file.write(text.data(), text.size());
  file.finish();
}

}  // namespace

int main(int argc, char** argv) try {
  Command command;
  read(command, argc, argv);
  catch_interrupts();
  Results results("finetune", argc, argv, command.out, 0, to_json(command.plan));
  Study study(command.plan, command.out, command.data);
  bool interrupted = false;
  try {
    study.run();
  } catch (const Interrupted&) {
    interrupted = true;
    catch_interrupts();
    fmt::print("\ninterrupted; the report is made of what there is\n");
  }
  const std::vector<Trained> trainings = study.trainings();
  const Report report = make_report(trainings, study.accuracies(),
                                    results["command"].get<std::string>(), command.out);
  write_file(command.out / "report.md", to_markdown(report, command.out));
  write_file(command.out / "report.html", to_html(report, command.out));
  results["trainings"] = to_json(trainings);
  results.write();
  fmt::print("{}\nThe report: {}\n", to_text(report), (command.out / "report.html").string());
  return interrupted ? 130 : 0;
} catch (...) {
  return report_failure("finetune");
}
