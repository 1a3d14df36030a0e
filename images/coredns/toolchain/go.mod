// The compiler comes as a module, too; go.sum beside this file pins it.
module reconciler/images/coredns/toolchain

go 1.19
