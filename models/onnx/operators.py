"""The operators of ONNX that a generator may be made of: mathematics on tensors, and no more.

Not among them are those that hold graphs of their own (If, Loop, Scan), that write to places which
they compute, or whose result's size depends on values. Noise is made to stand still by
`models.onnx.noise` before anything is drawn.
"""

OPERATORS = frozenset(
    """
    Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast CastLike Ceil Celu Clip Concat
    Constant ConstantOfShape Conv ConvTranspose Cos DepthToSpace Div Dropout Einsum Elu Equal Erf
    Exp Expand Flatten Floor Gather Gelu Gemm GlobalAveragePool GlobalMaxPool Greater
    GreaterOrEqual GroupNormalization HardSigmoid HardSwish Identity InstanceNormalization
    LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization MatMul Max
    MaxPool Mean Min Mish Mod Mul Neg Not OneHot Or PRelu Pad Pow RMSNormalization RandomNormal
    RandomNormalLike Range Reciprocal ReduceL1 ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd
    ReduceSum ReduceSumSquare Relu Reshape Resize Round Selu Shape Sigmoid Sign Sin Slice Softmax
    Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tanh ThresholdedRelu Tile
    Transpose Unsqueeze Upsample Where Xor
    """.split()
)
