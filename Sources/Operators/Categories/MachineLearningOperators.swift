extension Operator {
    /// ai.onnx.ml.
    static let machineLearningOperators: [Operator] = [
        .arrayFeatureExtractor,
        .binarizer,
        .castMap,
        .categoryMapper,
        .dictVectorizer,
        .featureVectorizer,
        .imputer,
        .labelEncoder,
        .linearClassifier,
        .linearRegressor,
        .normalizer,
        .oneHotEncoder,
        .scaler,
        .svmClassifier,
        .svmRegressor,
        .treeEnsemble,
        .treeEnsembleClassifier,
        .treeEnsembleRegressor,
        .zipMap,
    ]
}
