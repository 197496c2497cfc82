import CKernels
import Foundation
import GraphIR
import Testing

@testable import Operators

@Suite(.serialized) struct ElementwiseTests {
    /// Distance in units in the last place of `exact`.
    private func ulps(_ value: Float, _ exact: Double) -> Double {
        abs(Double(value) - exact) / Double(Float(exact).ulp)
    }

    @Test(
        "The error function is within 0.6 units in the last place, in every form",
        arguments: 0...2 as ClosedRange<Int32>)
    func errorFunction(form: Int32) throws {
        wb_force_kernel_form(form)
        defer { wb_force_kernel_form(-1) }
        var values: [Float] = [0, -0.0, .infinity, -.infinity, 4, 4.0000005, -4]
        for bits in stride(from: UInt32(0x2000_0000), to: 0x4100_0000, by: 4099) {
            values += [Float(bitPattern: bits), -Float(bitPattern: bits)]
        }
        let results = try run("Erf", [floats(values)])[0].array(of: Float.self)
        let worst = zip(values, results).map { ulps($1, erf(Double($0))) }.max() ?? 0
        #expect(worst < 0.6)
        #expect(try run("Erf", [floats([.nan])])[0].array(of: Float.self)[0].isNaN)
    }

    @Test("GELU is within a unit in the last place or a unit roundoff of x", arguments: 0...2 as ClosedRange<Int32>)
    func gelu(form: Int32) throws {
        wb_force_kernel_form(form)
        defer { wb_force_kernel_form(-1) }
        let values = stride(from: Float(-20), to: 20, by: 0.00137).map { $0 }
        let results = try run("Gelu", [floats(values)])[0].array(of: Float.self)
        for (x, y) in zip(values, results) {
            let exact = 0.5 * Double(x) * erfc(-Double(x) * 0.5.squareRoot())
            #expect(ulps(y, exact) <= 1 || abs(Double(y) - exact) <= 0x1p-24 * abs(Double(x)), "x = \(x)")
        }
    }

    @Test("Arithmetic broadcasts, and every form gives the same", arguments: 0...2 as ClosedRange<Int32>)
    func broadcasting(form: Int32) throws {
        wb_force_kernel_form(form)
        defer { wb_force_kernel_form(-1) }
        let a = try floats([1, 2, 3, 4, 5, 6], [2, 3])
        let row = try floats([10, 20, 30])
        let column = try floats([10, 20], [2, 1])
        #expect(try run("Add", [a, row])[0].array(of: Float.self) == [11, 22, 33, 14, 25, 36])
        #expect(try run("Sub", [column, a])[0].array(of: Float.self) == [9, 8, 7, 16, 15, 14])
        #expect(try run("Mul", [a, floats([2], [])])[0].array(of: Float.self) == [2, 4, 6, 8, 10, 12])
        #expect(try run("Div", [a, column])[0].array(of: Float.self) == [0.1, 0.2, 0.3, 0.2, 0.25, 0.3])
        #expect(throws: GraphError.self) { try run("Add", [a, floats([1, 2, 3, 4])]) }
    }

    @Test("Integers wrap, and division by zero is an error and no trap")
    func integers() throws {
        let least = try ints([.min])
        #expect(try run("Div", [least, ints([-1])])[0].array(of: Int64.self) == [.min])
        #expect(try run("Neg", [least])[0].array(of: Int64.self) == [.min])
        #expect(try run("Add", [least, ints([-1])])[0].array(of: Int64.self) == [.max])
        let error = #expect(throws: GraphError.self) { try run("Div", [least, ints([0])]) }
        #expect(error?.code == .argument)
    }

    @Test("Half precision is computed in float32 and rounded once")
    func halfPrecision() throws {
        let a = try run("Cast", [floats([1, 1000, 0.1])], [Attribute("to", .int(10))])[0]
        let b = try run("Cast", [floats([0.000488281, 0.25, 0.2])], [Attribute("to", .int(10))])[0]
        let sum = try run("Add", [a, b])[0]
        #expect(sum.elementType == .float16)
        let back = try run("Cast", [sum], [Attribute("to", .int(1))])[0].array(of: Float.self)
        #expect(back == [Float(Float16(1) + Float16(0.000488281)), 1000, Float(Float16(0.1) + Float16(0.2))])
    }

    @Test("Casts out of range don't trap")
    func casts() throws {
        let wild = try floats([.nan, .infinity, -1e30, 300, -1.9])
        #expect(
            try run("Cast", [wild], [Attribute("to", .int(6))])[0].array(of: Int32.self) == [0, .max, .min, 300, -1])
        #expect(try run("Cast", [ints([300, -1])], [Attribute("to", .int(2))])[0].array(of: UInt8.self) == [44, 255])
        let text = try Tensor(strings: [Array("not a number".utf8)], shape: [1])
        let error = #expect(throws: GraphError.self) { try run("Cast", [text], [Attribute("to", .int(1))]) }
        #expect(error?.code == .argument)
        #expect(throws: GraphError.self) { try run("Cast", [wild], [Attribute("to", .int(99))]) }
    }

    @Test("An epsilon means its shortest decimal when computing in double")
    func epsilonInDouble() throws {
        let x = try Tensor([1.0], shape: [1, 1])
        func parameter(_ value: Double) throws -> Tensor { try Tensor([value], shape: [1]) }
        let inputs = try [x, parameter(1), parameter(0), parameter(0), parameter(0)]
        let y = try run("BatchNormalization", inputs, [Attribute("epsilon", .float(1e-5))], precision: .float64)
        #expect(try y[0].array(of: Double.self) == [1 / 1e-5.squareRoot()])
    }
}
