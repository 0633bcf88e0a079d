import { Schema, model } from 'mongoose';

const Course = model('Course', new Schema({ title: String, students: [String] }));

export async function enrol(courseId, student) {
  await Course.findOneAndUpdate({ _id: courseId, students: { $ne: student } }, { $push: { students: student } }); // error
}
