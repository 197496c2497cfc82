"""Mutants of valid ONNX models: each has one small change, of which some break the model and some don't."""
import copy
import random

import onnx
from onnx import TensorProto, helper


def nodes(graph):
    """All nodes, those of graphs within nodes too, each with its graph."""
    for node in graph.node:
        yield graph, node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from nodes(attribute.g)


def pick_node(model, random):
    """A node of the graph or of a function."""
    found = [node for _, node in nodes(model.graph)]
    found += [node for function in model.functions for node in function.node]
    return random.choice(found) if found else None


def values(model):
    return list(model.graph.input) + list(model.graph.output) + list(model.graph.value_info)


def names(model):
    graph = model.graph
    found = [value.name for value in graph.input] + [tensor.name for tensor in graph.initializer]
    return found + [name for node in graph.node for name in node.output if name]


def drop_input(model, random):
    node = pick_node(model, random)
    del node.input[random.randrange(len(node.input))]


def empty_input(model, random):
    node = pick_node(model, random)
    node.input[random.randrange(len(node.input))] = ""


def add_input(model, random):
    pick_node(model, random).input.append(random.choice(names(model) + [""]))


def other_input(model, random):
    node = pick_node(model, random)
    node.input[random.randrange(len(node.input))] = random.choice(names(model) + ["nothing_makes_this"])


def swap_inputs(model, random):
    node = pick_node(model, random)
    first, second = random.sample(range(len(node.input)), 2)
    node.input[first], node.input[second] = node.input[second], node.input[first]


def drop_output(model, random):
    node = pick_node(model, random)
    del node.output[random.randrange(len(node.output))]


def empty_output(model, random):
    node = pick_node(model, random)
    node.output[random.randrange(len(node.output))] = ""


def add_output(model, random):
    pick_node(model, random).output.append("one_more")


def other_output(model, random):
    node = pick_node(model, random)
    node.output[random.randrange(len(node.output))] = random.choice(names(model) + ["other_name"])


def other_operator(model, random):
    node = pick_node(model, random)
    node.op_type = random.choice(
        ["Relu", "Add", "Conv", "Identity", "MatMul", "Cast", "If", "Nonsense", "", node.op_type.lower(),
         "Upsample", "Affine", "Where", "Reshape", "Dropout", "Split", "Concat"])


def other_domain(model, random):
    pick_node(model, random).domain = random.choice(["", "ai.onnx", "ai.onnx.ml", "com.example"])


def custom_domain(model, random):
    pick_node(model, random).domain = "com.example"
    model.opset_import.append(helper.make_opsetid("com.example", 1))


def drop_node(model, random):
    del model.graph.node[random.randrange(len(model.graph.node))]


def copy_node(model, random):
    model.graph.node.append(copy.deepcopy(random.choice(model.graph.node)))


def move_node(model, random):
    index = random.randrange(len(model.graph.node))
    node = copy.deepcopy(model.graph.node[index])
    del model.graph.node[index]
    model.graph.node.insert(random.randrange(len(model.graph.node) + 1), node)


def attribute(model, random):
    found = [a for _, node in nodes(model.graph) for a in node.attribute]
    return random.choice(found)


def drop_attribute(model, random):
    node = pick_node(model, random)
    del node.attribute[random.randrange(len(node.attribute))]


def copy_attribute(model, random):
    node = pick_node(model, random)
    node.attribute.append(copy.deepcopy(random.choice(node.attribute)))


def add_attribute(model, random):
    name = random.choice(["axis", "nonsense", "__internal", "alpha", "keepdims", "value"])
    pick_node(model, random).attribute.append(helper.make_attribute(name, random.choice([1, 0.5, "text", [1, 2]])))


def attribute_number(model, random):
    chosen = attribute(model, random)
    number = random.choice([-100, -3, -2, -1, 0, 1, 2, 3, 7, 100, 2**62])
    if chosen.type == onnx.AttributeProto.INTS and chosen.ints:
        chosen.ints[random.randrange(len(chosen.ints))] = number
    elif chosen.type == onnx.AttributeProto.INT:
        chosen.i = number
    else:
        raise IndexError


def attribute_length(model, random):
    chosen = attribute(model, random)
    if random.random() < 0.5:
        chosen.ints.append(1)
    else:
        del chosen.ints[-1]


def attribute_text(model, random):
    chosen = attribute(model, random)
    if chosen.type != onnx.AttributeProto.STRING:
        raise IndexError
    chosen.s = b"nonsense"


def attribute_kind(model, random):
    node = pick_node(model, random)
    index = random.randrange(len(node.attribute))
    name = node.attribute[index].name
    node.attribute[index].CopyFrom(helper.make_attribute(name, random.choice([1, 0.5, "text", [1, 2], [0.5]])))


def attribute_type(model, random):
    attribute(model, random).type = random.randrange(0, 15)


def attribute_no_type(model, random):
    attribute(model, random).ClearField("type")


def element_type(model, random):
    value = random.choice(values(model))
    if not value.type.HasField("tensor_type"):
        raise IndexError
    value.type.tensor_type.elem_type = random.choice([0, 1, 6, 7, 8, 9, 10, 11, 16])


def dimension(model, random):
    shape = random.choice(values(model)).type.tensor_type.shape
    size = random.choice([0, 1, 2, 3, 5, 1000])
    random.choice(shape.dim).dim_value = size


def dimension_name(model, random):
    random.choice(random.choice(values(model)).type.tensor_type.shape.dim).dim_param = "N"


def rank(model, random):
    shape = random.choice(values(model)).type.tensor_type.shape
    if random.random() < 0.5:
        shape.dim.add().dim_value = 1
    else:
        del shape.dim[-1]


def no_shape(model, random):
    value = random.choice(values(model))
    if not value.type.HasField("tensor_type"):
        raise IndexError
    value.type.tensor_type.ClearField("shape")


def no_type(model, random):
    random.choice(values(model)).ClearField("type")


def value_name(model, random):
    random.choice(values(model)).name = random.choice(names(model) + ["", "nothing_makes_this"])


def copy_input(model, random):
    model.graph.input.append(copy.deepcopy(random.choice(model.graph.input)))


def drop_declared_input(model, random):
    del model.graph.input[random.randrange(len(model.graph.input))]


def sequence_input(model, random):
    value = random.choice(model.graph.input)
    inner = copy.deepcopy(value.type)
    value.type.Clear()
    value.type.sequence_type.elem_type.CopyFrom(inner)


def opset(model, random):
    random.choice(model.opset_import).version = random.randrange(1, 29)


def no_opset(model, random):
    del model.opset_import[random.randrange(len(model.opset_import))]


def ir_version(model, random):
    model.ir_version = random.choice([1, 2, 3, 4, 7, 10, 14])


def no_ir_version(model, random):
    model.ClearField("ir_version")


def graph_name(model, random):
    model.graph.ClearField("name")


def metadata(model, random):
    helper.set_model_props(model, {"key": "value"})
    model.metadata_props.append(copy.deepcopy(model.metadata_props[0]))


def initializer(model, random):
    return random.choice(model.graph.initializer)


def initializer_short(model, random):
    tensor = initializer(model, random)
    field = next(f for f in ("raw_data", "float_data", "int64_data", "int32_data") if len(getattr(tensor, f)))
    if field == "raw_data":
        tensor.raw_data = tensor.raw_data[:-1]
    else:
        del getattr(tensor, field)[-1]


def initializer_shape(model, random):
    tensor = initializer(model, random)
    if random.random() < 0.5:
        tensor.dims.append(1)
    else:
        tensor.dims[random.randrange(len(tensor.dims))] += 1


def initializer_type(model, random):
    initializer(model, random).data_type = random.choice([0, 1, 6, 7, 9, 10, 11])


def initializer_copy(model, random):
    model.graph.initializer.append(copy.deepcopy(initializer(model, random)))


def initializer_name(model, random):
    initializer(model, random).name = random.choice(["", "other_name"] + names(model))


def initializer_number(model, random):
    tensor = initializer(model, random)
    if tensor.data_type != TensorProto.INT64:
        raise IndexError
    array = onnx.numpy_helper.to_array(tensor).copy()
    array.reshape(-1)[random.randrange(array.size)] = random.choice([-9, -2, -1, 0, 1, 2, 3, 50])
    tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))


def new_initializer(model, random):
    """An input becomes a constant of another shape or type than declared, or of the same."""
    value = random.choice(model.graph.input)
    shape = [d.dim_value for d in value.type.tensor_type.shape.dim]
    if random.random() < 0.5:
        shape = shape + [1]
    import numpy
    kind = random.choice([numpy.float32, numpy.int64])
    model.graph.initializer.append(onnx.numpy_helper.from_array(numpy.ones(shape, kind), value.name))


def sparse_initializer(model, random):
    tensor = helper.make_tensor("values", TensorProto.FLOAT, [2], [1.0, 2.0])
    tensor.name = random.choice(["other_name"] + names(model))
    indices = helper.make_tensor("", TensorProto.INT64, [2], random.choice([[0, 3], [3, 0], [0, 900], [1, 1]]))
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(tensor, indices, random.choice([[4], [2, 2], [0]])))


def function(model, random):
    """A call of a function of our own, sound or not."""
    domain = "com.example"
    inputs = random.choice([["x"], ["x", "x"], ["x", "y"]])
    body = [helper.make_node("Relu", [random.choice(["x", "nothing_makes_this"])], [random.choice(["z", "x"])])]
    version = model.opset_import[0].version
    imports = [helper.make_opsetid("", random.choice([version, version, 1, 28]))]
    made = helper.make_function(domain, "Ours", inputs, ["z"], body, imports[:random.choice([0, 1, 1])])
    if random.random() < 0.2:
        made.ClearField("domain")
    model.functions.append(made)
    model.ir_version = random.choice([8, 10])
    if random.random() < 0.8:
        model.opset_import.append(helper.make_opsetid(domain, 1))
    source = model.graph.input[0].name
    model.graph.node.append(helper.make_node("Ours", [source], ["from_ours"], domain=domain))


MUTATIONS = [
    drop_input, empty_input, add_input, other_input, swap_inputs, drop_output, empty_output, add_output, other_output,
    other_operator, other_domain, custom_domain, drop_node, copy_node, move_node, drop_attribute, copy_attribute,
    add_attribute, attribute_number, attribute_length, attribute_text, attribute_kind, attribute_type,
    attribute_no_type, element_type, dimension, dimension_name, rank, no_shape, no_type, value_name, copy_input,
    drop_declared_input, sequence_input, opset, no_opset, ir_version, no_ir_version, graph_name, metadata,
    initializer_short, initializer_shape, initializer_type, initializer_copy, initializer_name, initializer_number,
    new_initializer, sparse_initializer, function,
]


def mutants(model, count, seed):
    """`count` mutants of a model, each with the name of its change. The same seed gives the same ones."""
    source = random.Random(seed)
    made = 0
    tries = 0
    while made < count and tries < 50 * count:
        tries += 1
        change = source.choice(MUTATIONS)
        mutant = copy.deepcopy(model)
        try:
            change(mutant, source)
        except (IndexError, ValueError, StopIteration, AttributeError, TypeError):
            continue
        made += 1
        yield change.__name__, mutant
