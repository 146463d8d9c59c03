// Wrote the states in this folder, NAME.safetensors, of classes added after 0.1.0 and before files
// had a format version. Linked with commit fe67090.
#include <engram/engram.h>

using namespace engram;

// Learns two tasks of two classes.
template <class Method, class... Options>
void write_method(const char* name, const Options&... options) {
  manual_seed(2);
  const nn::Linear net(3, 2);
  Method method(net, options...);
  optim::SGD sgd(net.parameters(), {.lr = 0.5});
  for (int number = 0; number < 2; ++number) {
    Generator generator(3, static_cast<std::uint64_t>(number));
    const data::Dataset samples(randn({4, 3}, f32, generator), randint(0, 2, {4}, generator));
    const continual::Task task{number, "task", samples, samples, {0, 2}};
    method.begin_task(task);
    continual::train_step(net, method, sgd, task, samples.all());
    method.end_task(task);
  }
  save(method.state_dict(), std::string(name) + ".safetensors");
}

int main() {
  const Tensor parameter = ones({2});
  parameter.set_requires_grad();
  optim::SGD sgd({parameter}, {.lr = 0.5});
  optim::LRScheduler scheduler(sgd, optim::StepLR{.step_size = 2, .gamma = 0.5});
  optim::ReduceLROnPlateau plateau(sgd);
  optim::AveragedParameters average({parameter});
  for (int step = 0; step < 3; ++step) {
    scheduler.step();
    plateau.step(1 - 0.25 * step);
    average.update();
  }
  save(scheduler.state_dict(), "step_lr.safetensors");
  save(plateau.state_dict(), "plateau.safetensors");
  save(average.state_dict(), "average.safetensors");

  parameter.set_grad(ones({2}));
  optim::Adam nadam({parameter}, {.nesterov = true});
  nadam.step();
  save(nadam.state_dict(), "nadam.safetensors");

  Generator generator(5, streams::replay + 7);
  generator.take(11);
  save({{"random", generator.state()}}, "generator.safetensors");

  write_method<continual::L2>("l2");
  write_method<continual::EWC>("ewc");
  write_method<continual::EWC>("online_ewc", optim::EWCOptions{.gamma = 0.5});
  write_method<continual::SI>("si");
  write_method<continual::MAS>("mas");
  write_method<continual::KroneckerLaplace>("kronecker_laplace");
  write_method<continual::LwF>("lwf");
  write_method<continual::ExperienceReplay>("experience_replay");
  write_method<continual::AGEM>("a_gem");
  write_method<continual::DER>("der");
  write_method<continual::GPM>("gpm");
  write_method<continual::OWM>("owm");
}
