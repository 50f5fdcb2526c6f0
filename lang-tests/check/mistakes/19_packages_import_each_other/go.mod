module test

go 1.27
