#include "finetune/network.h"

#include <engram/autograd/error.h>
#include <engram/nn/models/inception.h>
#include <engram/nn/models/resnet.h>
#include <engram/nn/models/vgg.h>

namespace engram::examples::finetuning {

Network make_network(const std::string& family, double width) {
  const models::ModelOptions options{
      .num_classes = 10, .in_channels = 1, .small_images = true, .width = width};
  if (family == "resnet") {
    const models::ResNet net = models::resnet18(options);
    return {net, net, net.fc};
  }
  if (family == "vgg") {
    const models::VGG net = models::vgg11_bn({options});
    return {net, net, net.classifier[net.classifier.size() - 1].as<nn::Linear>()};
  }
  check(family == "inception", "make_network: \"{}\" is not resnet, vgg or inception", family);
  const models::InceptionV3 net = models::inception_v3({options, false});
  return {net, net, net.fc};
}

}  // namespace engram::examples::finetuning
