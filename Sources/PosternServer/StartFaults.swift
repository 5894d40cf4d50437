// Why a server does not start with a configuration: one sentence for the operator.

import PosternCore

extension OperatorFault {
    init(_ fault: ConfigFault) {
        self.init { line in
            line.append("configuration field ")
            line.append(fault.field)
            line.append(" is ")
            line.append(fault.value)
            line.append("; give a value from ")
            line.append(fault.allowed.lowerBound)
            line.append(" to ")
            line.append(fault.allowed.upperBound)
        }
    }
}
