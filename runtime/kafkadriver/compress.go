package kafkadriver

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/IBM/sarama"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy/xerial"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// writers are what codecs need from batch to batch, by codec and level.
var writers sync.Map // of *sync.Pool by writerKind

type writerKind struct {
	codec sarama.CompressionCodec
	level int
}

// compress compresses the records of a batch as sarama's producer does, in memory of their own.
func compress(codec sarama.CompressionCodec, level int, plain []byte) ([]byte, error) {
	var (
		out    bytes.Buffer
		writer interface {
			Write([]byte) (int, error)
			Close() error
		}
		err error
	)
	kind := writerKind{codec, level}
	pool, _ := writers.Load(kind)
	if pool == nil {
		pool, _ = writers.LoadOrStore(kind, &sync.Pool{})
	}
	kept := pool.(*sync.Pool).Get()
	switch codec {
	case sarama.CompressionSnappy:
		return xerial.Encode(nil, plain), nil
	case sarama.CompressionGZIP:
		w, ok := kept.(*gzip.Writer)
		if ok {
			w.Reset(&out)
		} else if w, err = gzip.NewWriterLevel(&out, gzipLevel(level)); err != nil {
			return nil, err
		}
		writer, kept = w, w
	case sarama.CompressionLZ4:
		w, ok := kept.(*lz4.Writer)
		if !ok {
			w = lz4.NewWriter(nil)
			if err := w.Apply(lz4.BlockSizeOption(lz4.Block64Kb)); err != nil {
				return nil, err
			}
		}
		w.Reset(&out)
		writer, kept = w, w
	case sarama.CompressionZSTD:
		w, ok := kept.(*zstd.Encoder)
		if !ok {
			if w, err = zstd.NewWriter(nil, zstd.WithZeroFrames(true),
				zstd.WithEncoderLevel(zstdLevel(level)),
				zstd.WithEncoderConcurrency(1)); err != nil {
				return nil, err
			}
		}
		packed := w.EncodeAll(plain, nil)
		pool.(*sync.Pool).Put(w)
		return packed, nil
	default:
		return nil, fmt.Errorf("the codec %d is not known", codec)
	}
	if _, err := writer.Write(plain); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	pool.(*sync.Pool).Put(kept)
	return out.Bytes(), nil
}

func gzipLevel(level int) int {
	if level == sarama.CompressionLevelDefault {
		return gzip.DefaultCompression
	}
	return level
}

func zstdLevel(level int) zstd.EncoderLevel {
	if level == sarama.CompressionLevelDefault {
		return zstd.SpeedDefault
	}
	return zstd.EncoderLevelFromZstd(level)
}
