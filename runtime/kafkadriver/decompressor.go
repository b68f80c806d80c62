package kafkadriver

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/IBM/sarama"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy/xerial"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// A decompressor decompresses batches. It keeps what codecs need from batch to batch, and is used
// by one goroutine.
type decompressor struct {
	spares  *spares
	gzip    *gzip.Reader
	lz4     *lz4.Reader
	zstd    *zstd.Decoder
	most    int          // what zstd is bounded by
	scratch bytes.Buffer // where records are decompressed to before their size is known
}

const (
	largestBatch   = 1 << 30 // decompressed, unless sarama.MaxDecompressedBatchSize is set
	largestScratch = 4 << 20 // what is kept of it
)

// decompress returns the records of a batch in a spare of their own; those of a batch that is not
// compressed as they are.
func (d *decompressor) decompress(b *recordBatch) ([]byte, error) {
	most := int(sarama.MaxDecompressedBatchSize)
	if most <= 0 {
		most = largestBatch
	}
	var (
		plain []byte
		err   error
	)
	switch codec := b.codec(); codec {
	case sarama.CompressionNone:
		return b.records, nil
	case sarama.CompressionGZIP:
		plain, err = d.ungzip(b.records, most)
	case sarama.CompressionSnappy:
		plain, err = d.unsnappy(b.records, most)
	case sarama.CompressionLZ4:
		if d.lz4 == nil {
			d.lz4 = lz4.NewReader(nil)
		}
		d.lz4.Reset(bytes.NewReader(b.records))
		plain, err = d.read(d.lz4, most)
	case sarama.CompressionZSTD:
		plain, err = d.unzstd(b.records, most)
	default:
		err = fmt.Errorf("the codec %d is not known", codec)
	}
	if err != nil {
		return nil, fmt.Errorf("decompress the batch at %d (%v): %w", b.first, b.codec(), err)
	}
	// The copy has the size of the records; the scratch is used again.
	plain = append(d.spares.bytes.take(max(len(plain), 1)), plain...)
	if d.scratch.Reset(); d.scratch.Cap() > largestScratch {
		d.scratch = bytes.Buffer{}
	}
	return plain, nil
}

func tooLarge(most int) error {
	return fmt.Errorf("%w: more than %d bytes", sarama.ErrDecompressedBatchTooLarge, most)
}

// read returns what a reader has, in the scratch.
func (d *decompressor) read(from io.Reader, most int) ([]byte, error) {
	n, err := d.scratch.ReadFrom(io.LimitReader(from, int64(most)+1))
	if err == nil && n > int64(most) {
		err = tooLarge(most)
	}
	return d.scratch.Bytes(), err
}

func (d *decompressor) ungzip(b []byte, most int) (plain []byte, err error) {
	if d.gzip == nil {
		d.gzip, err = gzip.NewReader(bytes.NewReader(b))
	} else {
		err = d.gzip.Reset(bytes.NewReader(b))
	}
	if err != nil {
		d.gzip = nil
		return nil, err
	}
	return d.read(d.gzip, most)
}

// unsnappy makes the scratch larger until the records fit, or until they are larger than snappy can
// make so many bytes: what these say of the size is not to be believed.
func (d *decompressor) unsnappy(b []byte, most int) ([]byte, error) {
	const ratio = 24 // of snappy, at best
	for size := max(d.scratch.Cap(), 4*len(b), 1024); ; size *= 2 {
		size = min(size, most)
		d.scratch.Grow(size)
		plain, err := xerial.DecodeCapped(d.scratch.AvailableBuffer()[:0:size], b)
		switch {
		case !errors.Is(err, xerial.ErrDstTooSmall) || size > ratio*len(b) && size > 1024:
			return plain, err
		case size >= most:
			return nil, tooLarge(most)
		}
	}
}

// unzstd decompresses at once if the frame says of its size what can be believed, else bit by bit.
func (d *decompressor) unzstd(b []byte, most int) (plain []byte, err error) {
	if d.zstd == nil || d.most != most {
		d.most = most
		d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxMemory(uint64(most)))
		if err != nil {
			return nil, err
		}
	}
	const ratio = 64 // rarely exceeded
	var h zstd.Header
	if err := h.Decode(b); err != nil {
		return nil, err
	}
	if h.FrameContentSize > uint64(ratio*len(b)) {
		if err := d.zstd.Reset(bytes.NewReader(b)); err != nil {
			return nil, err
		}
		plain, err = d.read(d.zstd, most)
	} else {
		plain, err = d.zstd.DecodeAll(b, d.scratch.AvailableBuffer())
		if cap(plain) > d.scratch.Cap() {
			d.scratch = *bytes.NewBuffer(plain[:0])
		}
	}
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = tooLarge(most)
	}
	return plain, err
}
